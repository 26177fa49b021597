"""Claims measured on runs and on exact tables, and their verdicts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.claims import ExactClaim, Expect, RunClaim, load_claims
from beyond_mle.report.scores import read_scores
from beyond_mle.report.verdicts import interval, scorecard, verdict

CLAIMS = Path(__file__).parents[3] / "config" / "claims.yaml"
KEYS = ["id", "source", "statement", "paper", "measured", "low", "high", "verdict", "task", "n_seeds"]


def cell(objective: str, decoder: str = "greedy", model: str = "transformer", metric: str = "bleu") -> str:
    return f"{model}/{objective}/{decoder}/{metric}"


def claim(plus: list[str], minus: list[str], **others: object) -> RunClaim:
    found = {"id": "c", "statement": "…", "plus": plus, "minus": minus, "paper": {"wmt14-ende": None}}
    return RunClaim.model_validate({**found, **others})


def measure(study: config.Study, results: Path, made: RunClaim) -> dict:
    (row,) = scorecard([made], study, read_scores(study, results / "runs"), {})
    return row


def test_differences_are_paired_by_seed(study, results):
    # 62.4, 63.0, 63.6 minus 60.4, 61.0, 61.6: what the seeds share cancels
    row = measure(study, results, claim([cell("convex-exp")], [cell("control")]))
    assert list(row) == KEYS
    assert [row["measured"], row["low"], row["high"]] == [2.0, 2.0, 2.0]
    assert (row["verdict"], row["task"], row["n_seeds"]) == ("replicated", "grammar-ab", 3)


def test_the_interval_is_students_t_over_seeds(study, results):
    # convex beam5 64.3, 65.5, 66.7 minus mle beam5 63, 64, 65: 1.3, 1.5, 1.7; t(0.975, 2) = 4.302653
    row = measure(study, results, claim([cell("convex-exp", "beam5")], [cell("mle", "beam5")]))
    margin = 4.302653 * 0.2 / np.sqrt(3)
    assert row["measured"] == pytest.approx(1.5, abs=1e-6)
    assert row["low"] == pytest.approx(1.5 - margin, abs=1e-6)
    assert row["high"] == pytest.approx(1.5 + margin, abs=1e-6)


def test_the_interval_agrees_with_scipys_own():
    values = np.random.default_rng(1).normal(size=6)
    mean, low, high = interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean == pytest.approx(values.mean(), abs=1e-6)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_cell_listed_twice_counts_twice(study, results):
    row = measure(study, results, claim([cell("convex-exp")], [cell("control"), cell("control")]))
    assert row["measured"] == pytest.approx(63 - 2 * 61)
    assert row["verdict"] == "contradicted"


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


def test_one_seed_is_never_conclusive(study, results):
    one = study.model_copy(update={"seeds": [2]})
    row = measure(one, results, claim([cell("convex-exp")], [cell("control")]))
    assert (row["measured"], row["low"], row["high"], row["verdict"]) == (2.0, None, None, "inconclusive")


@pytest.mark.parametrize(
    "absent",
    [
        f"xsum/{cell('convex-exp')}",
        cell("convex-exp", model="ctc"),
        cell("convex-power"),
        cell("convex-exp", metric="comet"),
        cell("control", model="ctc"),
    ],
)
def test_a_claim_with_a_cell_that_the_study_lacks_is_not_run(study, results, absent):
    row = measure(study, results, claim([absent], [cell("control")]))
    assert (row["verdict"], row["measured"], row["low"], row["high"]) == ("not run", None, None, None)


def test_a_claim_has_a_row_on_each_data_set(study, results):
    paper = {"wmt14-ende": 0.44, "grammar-ab": None, "xsum": 0.54}  # a substitute, a task, not in the study
    made = claim([cell("convex-exp")], [cell("control")], source="Table 1", paper=paper)
    rows = scorecard([made], study, read_scores(study, results / "runs"), {})
    assert [(row["id"], row["source"], row["paper"], row["measured"]) for row in rows] == [
        ("c-wmt14-ende", "Table 1, wmt14-ende", 0.44, 2.0),
        ("c-grammar-ab", "Table 1, grammar-ab", None, 2.0),
        ("c-xsum", "Table 1, xsum", 0.54, None),
    ]


def test_a_cell_may_name_another_data_set(study, results):
    made = claim([f"wmt14-ende/{cell('mle')}"], [cell("mle")], paper={"grammar-ba": None})
    row = measure(study, results, made)
    assert (row["id"], row["measured"], row["task"]) == ("c", 10.0, "grammar-ab, grammar-ba")
    assert row["n_seeds"] == 2  # those that both have


def test_two_substitutes_of_one_data_set_are_an_error(study, results):
    tasks = {"other": {"kind": "grammar"}, **study.tasks}
    both = study.model_copy(update={"tasks": tasks, "substitutes": {n: "wmt14-ende" for n in tasks}})
    with pytest.raises(UserError, match="claim c: the data set 'wmt14-ende' stands for other and grammar-ab"):
        measure(both, results, claim([cell("convex-exp")], []))


def test_the_projects_claims_on_the_made_up_study(study, results):
    rows = scorecard(load_claims(CLAIMS), study, read_scores(study, results / "runs"), {})
    card = {row["id"]: row for row in rows}
    assert card["ar-gap-shrinks-wmt14-ende"]["measured"] == pytest.approx(1.5)  # from 4 to 2.5
    assert card["ar-gap-remains-wmt14-ende"]["measured"] == pytest.approx(2.5)
    assert card["vanilla-gain-exceeds-ar-wmt14-ende"]["measured"] == pytest.approx(17.5)
    assert card["vanilla-validity-doubles-wmt14-ende"]["verdict"] == "contradicted"  # 36 < 2 × 19.8
    assert card["ar-entropy-falls-wmt14-ende"]["verdict"] == "replicated"
    assert card["vanilla-gain-10-grammar-ab"]["verdict"] == "replicated"
    assert (card["vanilla-gain-10-grammar-ba"]["verdict"], card["vanilla-gain-10-grammar-ba"]["n_seeds"]) == (
        "replicated",
        2,
    )
    assert card["ctc-gain-wmt14-ende"]["verdict"] == "not run"


def test_seeds_for_which_a_metric_is_undefined_do_not_count(study, results):
    scores = read_scores(study, results / "runs")
    kept = scores[~((scores.objective == "convex-exp") & (scores.metric == "log-p") & (scores.seed == 2))]
    made = claim([cell("convex-exp", metric="log-p")], [cell("control", metric="log-p")])
    (row,) = scorecard([made], study, kept, {})
    assert (row["n_seeds"], row["measured"]) == (2, 0.0)


EXACT = pd.DataFrame(
    {
        "equation": ["1", "2", "after 2"],
        "pi": [0.1, 0.1, 0.5],
        "is_global": [True, False, True],
        "value": [2.0, 3.0, np.nan],
        "sigma": [0.25, 0.5, 1e-10],
    }
)
SEEDS = pd.DataFrame(
    {
        "model": ["trained"] * 3 + ["exact", "broken"],
        "seed": [1, 2, 3, np.nan, 1],
        "value": [1.0, 2.0, 6.0, 0.5, np.nan],
    }
)


def measure_exact(**keys: object) -> list[dict]:
    """The rows of a claim on the two tables above."""
    made = ExactClaim.model_validate({"id": "c", "statement": "…", "exact": "table", **keys})
    study = config.Study.model_construct()
    scores = pd.DataFrame(columns=["task", "model", "objective", "decoder", "metric", "seed", "value"])
    return scorecard([made], study, scores, {"table": EXACT, "trained": SEEDS})


def test_exact_numbers_have_a_point_for_an_interval_and_no_seeds():
    (row,) = measure_exact(plus=[{"equation": "1"}], minus=[{"equation": "2"}], paper=-0.9, expect="< 0")
    assert list(row) == KEYS
    assert [row["measured"], row["low"], row["high"]] == [-1.0, -1.0, -1.0]
    assert (row["verdict"], row["paper"], row["source"]) == ("replicated", -0.9, "ours")
    assert (row["id"], row["task"], row["n_seeds"]) == ("c", "table", None)


def test_cells_of_an_exact_table_count_as_often_as_they_are_listed():
    (row,) = measure_exact(plus=[{"equation": 1}, {"equation": 1}], minus=[{"pi": 0.1, "is_global": False}])
    assert (row["measured"], row["verdict"]) == (1.0, "replicated")


def test_a_small_exact_number_is_not_rounded_to_nothing():
    cell = {"plus": [{"equation": "after 2"}], "value": "sigma"}
    assert measure_exact(**cell, expect="= 0 ± 1e-12")[0]["verdict"] == "contradicted"
    assert measure_exact(**cell, expect="= 0 ± 1e-9")[0]["verdict"] == "replicated"


def test_a_list_of_entries_gives_a_row_for_each():
    rows = measure_exact(where={"pi": [0.1, 0.5], "is_global": [True]}, plus=[{}], value="sigma", expect="> 0.2")
    assert [(row["id"], row["task"], row["verdict"]) for row in rows] == [
        ("c-0.1-True", "table, pi 0.1, is_global True", "replicated"),
        ("c-0.5-True", "table, pi 0.5, is_global True", "contradicted"),
    ]


def test_a_cell_may_set_what_is_shared_aside():
    (row,) = measure_exact(where={"equation": "1"}, plus=[{"equation": "2"}], minus=[{}])
    assert row["measured"] == 1.0


@pytest.mark.parametrize(
    "keys",
    [
        {"plus": [{"equation": "3"}]},  # no such row
        {"plus": [{"equation": "1"}], "minus": [{"pi": "high"}]},
        {"plus": [{"equation": "after 2"}]},  # the run failed
        {"plus": [{"equation": "1"}], "exact": "other"},  # no such table
        {"plus": [{"model": "broken"}], "exact": "trained"},
        {"plus": [{"model": "trained"}], "minus": [{"model": "absent"}], "exact": "trained"},
    ],
)
def test_an_exact_claim_without_its_numbers_is_not_run(keys):
    (row,) = measure_exact(**keys)
    assert [row[key] for key in ("verdict", "measured", "low", "high", "n_seeds")] == ["not run", None, None, None, 0]


def test_repetitions_in_an_exact_table_give_students_t():
    (row,) = measure_exact(exact="trained", plus=[{"model": "trained"}], minus=[{"model": "exact"}])
    expected = stats.ttest_1samp([0.5, 1.5, 5.5], 0).confidence_interval(0.95)
    assert (row["measured"], row["n_seeds"], row["verdict"]) == (2.5, 3, "inconclusive")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_repetitions_are_paired_by_seed():
    (row,) = measure_exact(exact="trained", plus=[{"model": "trained"}] * 2, minus=[{"model": "trained"}])
    assert (row["measured"], row["n_seeds"]) == (3.0, 3)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"plus": [{"pi": 0.1}]}, "claim c: 2 rows of table have pi 0.1: add conditions"),
        ({"exact": "trained", "plus": [{}]}, "claim c: 5 rows of trained have no condition: add conditions"),
        ({"plus": [{"ph": 0.1}]}, "claim c: table has no column 'ph': did you mean 'pi'"),
        ({"plus": [{"pi": 0.5}], "value": "sigm"}, "claim c: table has no column 'sigm': did you mean 'sigma'"),
    ],
)
def test_a_cell_that_is_not_one_cell_is_an_error(keys, message):
    with pytest.raises(UserError, match=message):
        measure_exact(**keys)
