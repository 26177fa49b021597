"""Claims measured on a long table, and their verdicts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from beyond_mle.errors import UserError
from beyond_mle.report.claims import Claim, Expect, Template
from beyond_mle.report.verdicts import interval, scorecard, verdict

KEYS = ["id", "source", "statement", "paper", "measured", "low", "high", "verdict", "task", "n_seeds"]
SUBSTITUTES = {"grammar-ab": "wmt14-ende", "grammar-ba": "wmt14-deen"}


def run(values: list[float], **cell: object) -> list[dict]:
    """A row per seed: 1, 2, …"""
    shared = {"task": "grammar-ab", "model": "transformer", "decoder": "greedy", "metric": "bleu", "exact": False}
    return [{**shared, **cell, "seed": seed, "value": value} for seed, value in enumerate(values, start=1)]


def exact(value: float, **cell: object) -> list[dict]:
    """The row of a number that has no error."""
    return run([value], task="plane-mixture", model="gaussian", decoder="none", metric="sigma", exact=True, **cell)


CONVEX = {"objective": "convex-exp", "control": "mle-continued"}
TABLE = pd.DataFrame(
    [
        *run([60.0, 61.0, 62.0], objective="mle"),
        *run([60.4, 61.0, 61.6], objective="mle-continued"),
        *run([62.4, 63.0, 63.6], **CONVEX, order=1),
        *run([63.4, 64.0, 64.6], **CONVEX, order=3),
        *run([63.0, 64.0, 65.0], objective="mle", decoder="beam5"),
        *run([64.3, 65.5, 66.7], **CONVEX, order=1, decoder="beam5"),
        *run([50.4, 51.0], objective="mle-continued", task="grammar-ba"),
        *run([52.4, 53.1], **CONVEX, order=1, task="grammar-ba"),
        *run([3.0, np.nan, 5.0], **CONVEX, order=1, metric="log-p"),
        *run([9.0, 9.0, 9.0], objective="mle-brief", model="small"),
        *run([9.0, 9.0, 9.0], objective="js", control="mle-brief", model="small"),
        *run([9.0, 9.0, 9.0], objective="ss", control="mle", model="small"),
        *exact(2.0, objective="js", pi=0.1, is_global=True),
        *exact(3.0, objective="js", pi=0.1, is_global=False),
        *exact(1e-10, objective="js", pi=0.5, is_global=True),
        *exact(np.nan, objective="js", pi=0.9, is_global=True),
        *run([1.0, 2.0, 6.0], task="plane-mixture", model="gaussian", objective="js-adversarial", metric="sigma"),
    ]
)
TABLE["is_global"] = TABLE["is_global"].astype(object)
CONVEX_BLEU = {"model": "transformer", "objective": "convex-exp", "order": 1, "decoder": "greedy", "metric": "bleu"}


def claims(**written: object) -> list[Claim]:
    return list(Template.model_validate({"id": "c", "statement": "…", **written}).claims({}))


def measure(table: pd.DataFrame = TABLE, **written: object) -> dict:
    (row,) = scorecard(claims(**written), table, SUBSTITUTES)
    return row


def on_ab(where: str = "where", **changes: object) -> dict:
    return {"data": ["wmt14-ende"], where: {**CONVEX_BLEU, **changes}}


def test_differences_are_paired_by_seed():
    # what the seeds share cancels
    row = measure(**on_ab(), minus=[{"objective": "control"}])
    assert list(row) == KEYS
    assert [row["measured"], row["low"], row["high"]] == [2.0, 2.0, 2.0]
    assert (row["verdict"], row["task"], row["n_seeds"]) == ("replicated", "grammar-ab", 3)


def test_the_interval_is_students_t_over_seeds():
    # 1.3, 1.5, 1.7; t(0.975, 2) = 4.302653
    where = {"model": "transformer", "decoder": "beam5", "metric": "bleu"}
    row = measure(data=["grammar-ab"], where=where, plus=[{"objective": "convex-exp"}], minus=[{"objective": "mle"}])
    margin = 4.302653 * 0.2 / np.sqrt(3)
    assert [row[key] for key in ("measured", "low", "high")] == pytest.approx(
        [1.5, 1.5 - margin, 1.5 + margin], abs=1e-6
    )


def test_the_interval_agrees_with_scipys_own():
    values = np.random.default_rng(1).normal(size=6)
    mean, low, high = interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean == pytest.approx(values.mean(), abs=1e-6)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_cell_listed_twice_counts_twice():
    row = measure(**on_ab(), minus=[{"objective": "control"}, {"objective": "control"}])
    assert (row["measured"], row["verdict"]) == (pytest.approx(63 - 2 * 61), "contradicted")


@pytest.mark.parametrize(
    ("expect", "low", "high", "expected"),
    [
        ("> 1", 1.1, 2.0, "replicated"),
        ("> 1", 0.5, 2.0, "inconclusive"),
        ("> 1", 1.0, 2.0, "inconclusive"),
        ("> 1", -1.0, 0.9, "contradicted"),
        ("< 1", -1.0, 0.9, "replicated"),
        ("< 1", 1.1, 2.0, "contradicted"),
        ("< 1", None, None, "inconclusive"),
        ("< -1.5", -2.0, -1.6, "replicated"),
        ("< -1.5", -1.4, 0.0, "contradicted"),
        ("= 1 ± 0.5", 0.5, 1.5, "replicated"),
        ("= 1 ± 0.5", 0.4, 1.0, "inconclusive"),
        ("= 1 ± 0.5", 0.0, 2.0, "inconclusive"),
        ("= 1 ± 0.5", 1.6, 2.0, "contradicted"),
        ("= 1 ± 0.5", 0.0, 0.4, "contradicted"),
        ("= 0 ± 1e-9", 1e-10, 1e-10, "replicated"),
        ("= 0 ± 1e-9", -2e-9, -2e-9, "contradicted"),
    ],
)
def test_verdicts(expect, low, high, expected):
    assert verdict(Expect.model_validate(expect), low, high) == expected


def test_one_seed_is_never_conclusive():
    row = measure(TABLE[TABLE.seed == 2], **on_ab("gain"))
    assert (row["measured"], row["low"], row["high"], row["verdict"]) == (2.0, None, None, "inconclusive")


def test_the_control_is_that_of_the_runs_selected_and_need_not_have_their_settings():
    gain = measure(**on_ab("gain", order=3))
    assert (gain["measured"], gain["n_seeds"]) == (3.0, 3)
    without_objective = {key: entry for key, entry in CONVEX_BLEU.items() if key not in ("objective", "order")}
    control = measure(data=["wmt14-ende"], where={**without_objective, "objective": "control"})
    assert control["measured"] == 61.0


def test_a_control_that_stands_for_several_is_an_error():
    where = {"model": "small", "objective": "control", "metric": "bleu"}
    message = "claim c: the control of model small, metric bleu stands for mle-brief and mle: name one of them instead"
    with pytest.raises(UserError, match=message):
        measure(data=["grammar-ab"], where=where)
    assert measure(data=["grammar-ab"], gain={**where, "objective": "js"})["measured"] == 0.0


@pytest.mark.parametrize(
    "absent",
    [
        {"task": "xsum"},
        {"model": "ctc"},
        {"objective": "convex-power"},
        {"order": 8},
        {"metric": "comet"},
        {"model": "ctc", "objective": "control"},
        {"objective": "mle", "order": 1},  # has no order
        {"model": "ctc", "styles": 8},  # no such column either
        {"task": "xsum", "styles": 8},
    ],
)
def test_a_claim_with_a_cell_that_the_study_lacks_is_not_run(absent):
    row = measure(**on_ab(), minus=[absent])
    assert (row["verdict"], row["measured"], row["low"], row["high"]) == ("not run", None, None, None)
    assert (row["n_seeds"], row["task"]) == (0, "grammar-ab")


def test_a_gain_of_a_run_without_control_is_not_run():
    assert measure(data=["grammar-ab"], gain={"objective": "mle", "decoder": "beam5"})["verdict"] == "not run"


def test_a_claim_has_a_row_on_each_data_set():
    paper = {"wmt14-ende": 0.44, "grammar-ab": None, "xsum": 0.54}  # a substitute, a task, not in the study
    rows = scorecard(claims(gain=CONVEX_BLEU, source="Table 1", data=paper), TABLE, SUBSTITUTES)
    assert [(row["id"], row["source"], row["paper"], row["measured"], row["task"]) for row in rows] == [
        ("c-wmt14-ende", "Table 1, wmt14-ende", 0.44, 2.0, "grammar-ab"),
        ("c-grammar-ab", "Table 1, grammar-ab", None, 2.0, "grammar-ab"),
        ("c-xsum", "Table 1, xsum", 0.54, None, None),
    ]


def test_a_cell_may_be_of_another_data_set():
    row = measure(data=["wmt14-deen"], where=CONVEX_BLEU, plus=[{"task": "wmt14-ende"}], minus=[{}])
    assert (row["measured"], row["task"]) == (pytest.approx(9.95), "grammar-ab, grammar-ba")
    assert row["n_seeds"] == 2  # those that both have


def test_two_substitutes_of_one_data_set_are_an_error():
    both = dict.fromkeys(SUBSTITUTES, "wmt14-ende")
    with pytest.raises(UserError, match="claim c: the data set 'wmt14-ende' stands for grammar-ab and grammar-ba"):
        scorecard(claims(**on_ab()), TABLE, both)


def test_seeds_for_which_a_metric_is_undefined_do_not_count():
    row = measure(**on_ab(metric="log-p"))
    assert (row["n_seeds"], row["measured"]) == (2, 4.0)


PLANE = {"task": "plane-mixture", "objective": "js", "pi": 0.1}


def test_exact_numbers_have_a_point_for_an_interval_and_no_seeds():
    row = measure(where=PLANE, plus=[{"is_global": True}], minus=[{"is_global": False}], expect="< 0")
    assert [row["measured"], row["low"], row["high"]] == [-1.0, -1.0, -1.0]
    assert (row["verdict"], row["paper"], row["source"]) == ("replicated", None, "ours")
    assert (row["id"], row["task"], row["n_seeds"]) == ("c", "plane-mixture", None)


def test_a_small_exact_number_is_not_rounded_to_nothing():
    small = {"where": {**PLANE, "pi": 0.5}}
    assert measure(**small, expect="= 0 ± 1e-12")["verdict"] == "contradicted"
    assert measure(**small, expect="= 0 ± 1e-9")["verdict"] == "replicated"


def test_a_list_of_entries_gives_a_row_for_each():
    where = {**PLANE, "pi": [0.1, 0.5, 0.9], "is_global": [True]}
    rows = scorecard(claims(where=where, expect="> 0.2"), TABLE, SUBSTITUTES)
    assert [(row["id"], row["task"], row["verdict"]) for row in rows] == [
        ("c-0.1-True", "plane-mixture, pi 0.1, is_global True", "replicated"),
        ("c-0.5-True", "plane-mixture, pi 0.5, is_global True", "contradicted"),
        ("c-0.9-True", "plane-mixture, pi 0.9, is_global True", "not run"),  # the fit failed
    ]


def test_runs_less_an_exact_number_keep_their_seeds():
    minus = [{"objective": "js", "pi": 0.5}]
    row = measure(where={"task": "plane-mixture", "objective": "js-adversarial"}, minus=minus)
    expected = stats.ttest_1samp([1, 2, 6], 0).confidence_interval(0.95)
    assert (row["measured"], row["n_seeds"], row["verdict"]) == (3.0, 3, "inconclusive")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (PLANE, "claim c: 2 rows have objective js, pi 0.1: they differ in is_global: add conditions"),
        ({"task": "grammar-ba"}, "claim c: 4 rows have no condition: they differ in objective, order: add conditions"),
        (PLANE | {"ph": 0.1}, "claim c: the long table has no column 'ph': did you mean 'pi'"),
    ],
)
def test_a_cell_that_is_not_one_cell_is_an_error(where, message):
    with pytest.raises(UserError, match=message):
        measure(where=where)


def test_the_same_row_twice_is_an_error():
    with pytest.raises(UserError, match=r"claim c: 6 rows have .*: they are the same cell"):
        measure(pd.concat([TABLE, TABLE]), **on_ab())


SEEDS = st.lists(st.floats(-100, 100), min_size=2, max_size=5)


@settings(deadline=None)
@given(ours=SEEDS, theirs=SEEDS, shuffle=st.randoms(use_true_random=False))
def test_a_difference_is_turned_by_exchanging_its_cells_and_not_by_the_order_of_rows(ours, theirs, shuffle):
    rows = [*run(ours, objective="a"), *run(theirs, objective="b")]
    shuffled = shuffle.sample(rows, len(rows))
    one, other = {"plus": [{"objective": "a"}]}, {"minus": [{"objective": "b"}]}
    there = measure(pd.DataFrame(rows).assign(control=None), data=["grammar-ab"], **one, **other)
    swapped = {"plus": other["minus"], "minus": one["plus"]}
    back = measure(pd.DataFrame(shuffled).assign(control=None), data=["grammar-ab"], **swapped, expect="< 0")
    assert [back["measured"], back["low"], back["high"]] == pytest.approx(
        [-there["measured"], -there["high"], -there["low"]], abs=2e-6
    )
    assert there["n_seeds"] == back["n_seeds"] == min(len(ours), len(theirs))
