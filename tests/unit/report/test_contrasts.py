"""Claims as sums of cells of a long table: by seed, and with their test items drawn again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_tables import CONVEX_BLEU, SUBSTITUTES, TABLE, cells, claims, contrast, on_ab, run

from beyond_mle.errors import UserError
from beyond_mle.report.contrasts import EXACT
from beyond_mle.report.style import metric


def by_seed(**written: object) -> dict:
    (part,) = contrast(**written).parts
    return part.values


def test_differences_are_paired_by_seed():
    # what the seeds share cancels
    assert by_seed(**on_ab(), minus=[{"objective": "control"}]) == {1: 2.0, 2: 2.0, 3: 2.0}


def test_a_cell_listed_twice_counts_twice():
    (part,) = contrast(**on_ab(), minus=[{"objective": "control"}, {"objective": "control"}]).parts
    assert part.mean == pytest.approx(63 - 2 * 61)
    assert part.weight == 1 + 4
    assert part.compared_with == 61


def test_the_variance_over_seeds_is_per_squared_coefficient():
    where = {"model": "transformer", "decoder": "beam5", "metric": "bleu"}
    minus = [{"objective": "mle"}]
    (part,) = contrast(data=["grammar-ab"], where=where, plus=[{"objective": "convex-exp"}], minus=minus).parts
    assert part.seed_variance == (pytest.approx(0.04 / 2), 2)


def test_the_control_is_that_of_the_runs_selected_and_need_not_have_their_settings():
    assert by_seed(**on_ab("gain", order=3)) == {1: 3.0, 2: 3.0, 3: 3.0}
    without_objective = {key: entry for key, entry in CONVEX_BLEU.items() if key not in ("objective", "order")}
    control = by_seed(data=["wmt14-ende"], where={**without_objective, "objective": "control"})
    assert control == {1: 60.4, 2: 61.0, 3: 61.6}


def test_a_control_that_stands_for_several_is_an_error():
    where = {"model": "small", "objective": "control", "metric": "bleu"}
    message = "claim c: the control of model small, metric bleu stands for mle-brief and mle: name one of them instead"
    with pytest.raises(UserError, match=message):
        contrast(data=["grammar-ab"], where=where)
    assert set(by_seed(data=["grammar-ab"], gain={**where, "objective": "js"}).values()) == {0.0}


@pytest.mark.parametrize(
    ("absent", "message"),
    [
        ({"task": "xsum"}, "xsum is not in this study"),
        ({"model": "ctc"}, "not in this study: grammar-ab, model ctc, objective convex-exp, order 1, decoder greedy"),
        ({"objective": "convex-power"}, "objective convex-power"),
        ({"order": 8}, "order 8"),
        ({"metric": "comet"}, "metric comet"),
        ({"model": "ctc", "objective": "control"}, "model ctc"),
        ({"objective": "mle", "order": 1}, "objective mle"),  # has no order
        ({"model": "ctc", "styles": 8}, "styles 8"),  # no such column either
        ({"task": "xsum", "styles": 8}, "xsum"),
    ],
)
def test_a_claim_with_a_cell_that_the_study_lacks_says_which(absent, message):
    found = contrast(**on_ab(), minus=[absent])
    assert found.parts == []
    assert message in found.lacking


def test_a_claim_may_say_itself_why_a_study_lacks_its_cells():
    assert contrast(**on_ab(metric="comet"), not_run="no model of it").lacking == "no model of it"
    assert contrast(not_run="never").lacking == "never"
    assert contrast(**on_ab(), not_run="no model of it").parts


def test_a_gain_of_a_run_without_control_is_lacking():
    assert contrast(data=["grammar-ab"], gain={"objective": "mle", "decoder": "beam5"}).lacking


def test_tasks_are_not_paired():
    found = contrast(data=["wmt14-deen"], where=CONVEX_BLEU, plus=[{"task": "wmt14-ende"}], minus=[{}])
    assert [(part.task, part.values) for part in found.parts] == [
        ("grammar-ab", {1: 62.4, 2: 63.0, 3: 63.6}),
        ("grammar-ba", {1: -52.4, 2: -53.1}),
    ]


def test_two_substitutes_of_one_data_set_are_an_error():
    (claim,) = claims(**on_ab())
    with pytest.raises(UserError, match="claim c: the data set 'wmt14-ende' stands for grammar-ab and grammar-ba"):
        cells(substitutes=dict.fromkeys(SUBSTITUTES, "wmt14-ende")).contrast(claim)


def test_a_seed_that_a_cell_lacks_is_named():
    (part,) = contrast(**on_ab(metric="log-p"), minus=[{"metric": "bleu"}]).parts
    assert (part.missing, list(part.values)) == ((2,), [1, 3])


def test_without_a_common_seed_there_is_nothing():
    table = TABLE[(TABLE.seed == 1) | (TABLE.objective != "mle-continued")]
    found = contrast(table[(table.seed != 1) | (table.objective == "mle-continued")], **on_ab("gain"))
    assert found.lacking == "no seed has all of its cells on grammar-ab"


PLANE = {"task": "plane-mixture", "objective": "js", "pi": 0.1}


def test_exact_numbers_have_no_seeds():
    (part,) = contrast(where=PLANE, plus=[{"is_global": True}], minus=[{"is_global": False}]).parts
    assert (part.values, part.is_exact, part.seed_variance) == ({EXACT: -1.0}, True, (0.0, 0))


def test_runs_less_an_exact_number_keep_their_seeds():
    found = contrast(where=PLANE, plus=[{"objective": "js-adversarial", "pi": 0.5}], minus=[{"is_global": True}])
    assert found.lacking  # of this cell there is no π
    minus = [{"objective": "js", "pi": 0.5}]
    values = by_seed(where={"task": "plane-mixture", "objective": "js-adversarial"}, minus=minus)
    assert values == pytest.approx({1: 1, 2: 2, 3: 6})


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (PLANE, "claim c: 2 rows have objective js, pi 0.1: they differ in is_global: add conditions"),
        (
            {"task": "grammar-ba"},
            "claim c: 4 rows have no condition: they differ in system, objective, order: add conditions",
        ),
        (PLANE | {"ph": 0.1}, "claim c: the long table has no column 'ph': did you mean 'pi'"),
    ],
)
def test_a_cell_that_is_not_one_cell_is_an_error(where, message):
    with pytest.raises(UserError, match=message):
        contrast(where=where)


def test_the_same_row_twice_is_an_error():
    with pytest.raises(UserError, match=r"claim c: 6 rows have .*: they are the same cell"):
        contrast(pd.concat([TABLE, TABLE]), **on_ab())


SEEDS = st.lists(st.floats(-100, 100), min_size=2, max_size=5)


@given(ours=SEEDS, theirs=SEEDS, shuffle=st.randoms(use_true_random=False))
def test_a_difference_is_turned_by_exchanging_its_cells_and_not_by_the_order_of_rows(ours, theirs, shuffle):
    rows = [*run(ours, objective="a"), *run(theirs, objective="b")]
    tables = [pd.DataFrame(some).assign(control=None) for some in (rows, shuffle.sample(rows, len(rows)))]
    one, other = [{"objective": "a"}], [{"objective": "b"}]
    (there,), (back,) = (
        contrast(table, data=["grammar-ab"], plus=plus, minus=minus).parts
        for table, plus, minus in zip(tables, (one, other), (other, one), strict=True)
    )
    assert back.values == pytest.approx({seed: -value for seed, value in there.values.items()})
    assert len(there.values) == min(len(ours), len(theirs))


ITEMS = 80
NAMED = {"items": "greedy/validity", "metric": "validity"}


def test_arms_and_seeds_are_resampled_alike():
    """A difference that is the same for every item does not depend on the items, however much these differ."""
    rng = np.random.default_rng(0)
    of_item = rng.normal(50, 20, ITEMS)
    items = {
        (f"grammar-ab/transformer/{name}", seed, NAMED["items"]): of_item + shift + seed
        for name, shift in (("a", 5.0), ("b", 0.0))
        for seed in (1, 2)
    }
    rows = [
        *run(
            [items["grammar-ab/transformer/a", seed, NAMED["items"]].mean() for seed in (1, 2)], objective="a", **NAMED
        ),
        *run(
            [items["grammar-ab/transformer/b", seed, NAMED["items"]].mean() for seed in (1, 2)], objective="b", **NAMED
        ),
    ]
    table = pd.DataFrame(rows).assign(control=None)
    where = {"data": ["grammar-ab"], "where": {"metric": "validity"}}
    (difference,) = (
        cells(table, items=items)
        .contrast(*claims(**where, plus=[{"objective": "a"}], minus=[{"objective": "b"}]))
        .parts
    )
    assert difference.resampled_R == pytest.approx(np.full(1000, 5.0))
    (alone,) = cells(table, items=items).contrast(*claims(**where, plus=[{"objective": "a"}])).parts
    assert alone.items == ITEMS
    assert np.var(alone.resampled_R) == pytest.approx(of_item.var() / ITEMS, rel=0.15)


def test_what_is_subtracted_can_be_read_off_where_a_metric_is_equal():
    shared = {"objective": "mle"}
    rows = [
        *run([60.0], objective="convex", temperature=1.0),
        *run([30.0], objective="convex", temperature=1.0, metric="self-bleu"),
        *run([10.0], **shared, temperature=1.0, metric="self-bleu"),
        *run([50.0], **shared, temperature=1.0),
        *run([40.0], **shared, temperature=0.5, metric="self-bleu"),
        *run([56.0], **shared, temperature=0.5),
        *run([90.0], **shared, temperature=0.1, metric="self-bleu"),
        *run([57.0], **shared, temperature=0.1),
    ]
    written = {
        "data": ["grammar-ab"],
        "where": {"metric": "bleu"},
        "plus": [{"objective": "convex", "temperature": 1.0}],
        "minus": [{"objective": "mle"}],
        "at_equal": {"metric": "self-bleu", "along": "temperature"},
    }
    table = pd.DataFrame(rows).assign(control=None)
    (part,) = contrast(table, **written).parts
    assert part.values == {1: pytest.approx(60 - (50 + 6 * 20 / 30))}
    beyond = table[(table.temperature == 1) | (table.objective == "convex")]
    assert contrast(beyond, **written).lacking == "no temperature gives an equal self-bleu"


def test_a_metric_scores_resamples_from_the_sums_of_its_items():
    items_IF = np.array([[1.0, 2.0], [4.0, 4.0], [0.0, 3.0]])
    count_RI = np.array([[1, 1, 1], [0, 3, 0]])
    assert metric("nll").of_items(items_IF, count_RI) == pytest.approx([5 / 9, 1])
    assert metric("kl").of_items(items_IF[:, 0], count_RI) == pytest.approx([5 / 3, 4])
