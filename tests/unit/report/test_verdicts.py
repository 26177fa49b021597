"""Verdicts on claims that are measured on a long table."""

import numpy as np
import pandas as pd
import pytest
from long_tables import CONVEX_BLEU, TABLE, cells, claims, contrast, judged, on_ab, run
from scipy import stats

from beyond_mle.report import verdicts
from beyond_mle.report.claims import Expect
from beyond_mle.report.intervals import NO_PRIOR, Prior, fit_prior
from beyond_mle.report.verdicts import by_claim, check, estimate, fit_priors, judge, needed, overall, scorecard

KEYS = [
    *("id", "claim", "family", "source", "supposed", "statement", "case", "task", "paper", "metric", "unit"),
    *("measured", "low", "high", "p", "q", "holm", "matters", "n_seeds", "needed", "verdict", "seeds", "items"),
    *("systems", "note"),
]
BEAM = {"model": "transformer", "decoder": "beam5", "metric": "bleu"}
BEAM_GAIN = {
    "data": ["grammar-ab"],
    "where": BEAM,
    "plus": [{"objective": "convex-exp"}],
    "minus": [{"objective": "mle"}],
}


def test_without_items_and_other_contrasts_the_interval_is_student_s():
    row = judged(**BEAM_GAIN)
    assert list(row) == KEYS
    expected = stats.ttest_1samp([1.3, 1.5, 1.7], 0)
    assert [row["measured"], row["low"], row["high"]] == pytest.approx([1.5, *expected.confidence_interval()], abs=1e-5)
    assert row["p"] == pytest.approx(expected.pvalue, abs=1e-6)
    assert row["seeds"] == {"grammar-ab": pytest.approx({"1": 1.3, "2": 1.5, "3": 1.7})}
    assert (row["verdict"], row["matters"], row["n_seeds"], row["items"]) == ("replicated", 0.5, 3, 0)


def test_items_add_their_variance_and_other_contrasts_moderate_that_of_seeds():
    rng = np.random.default_rng(4)
    named = {"metric": "validity", "items": "greedy/validity"}
    rows, items = [], {}
    for index in range(12):
        made_of = rng.normal(60, 30, (3, 100)) + rng.normal(0, 2, (3, 1))
        objective = f"o{index}"
        items |= {(f"grammar-ab/transformer/{objective}", s + 1, named["items"]): made_of[s] for s in range(3)}
        rows += run(list(made_of.mean(1)), objective=objective, **named)
    table = pd.DataFrame(rows).assign(control=None)
    several = [
        replaced
        for index in range(12)
        for replaced in claims(
            id=f"c{index}", data=["grammar-ab"], where={"objective": f"o{index}", "metric": "validity"}
        )
    ]
    looked_up = cells(table, items=items)
    contrasts = [looked_up.contrast(claim) for claim in several]
    prior = fit_priors(contrasts)["validity"]
    assert prior == fit_prior(*zip(*(contrast.parts[0].seed_variance for contrast in contrasts), strict=True))
    (part,) = contrasts[0].parts
    moderated, df = prior.moderate(*part.seed_variance)
    found = estimate([part], prior)
    assert found.parts == ((pytest.approx(moderated / 3), df), (pytest.approx(np.var(part.resampled_R, ddof=1)), 99))
    row = scorecard(several, looked_up)[0]
    assert (row["low"], row["high"]) == pytest.approx(found.interval(), rel=1e-5)


def test_parts_on_different_tasks_add_their_variances():
    plus = [{"task": "wmt14-ende"}]
    parts = contrast(data=["wmt14-deen"], where=CONVEX_BLEU, plus=plus, minus=[{}]).parts
    expected = stats.ttest_ind([62.4, 63.0, 63.6], [52.4, 53.1], equal_var=False).confidence_interval()
    assert estimate(parts, NO_PRIOR).interval() == pytest.approx(tuple(expected))


def test_a_single_seed_needs_what_other_contrasts_say():
    (part,) = contrast(TABLE[TABLE.seed == 2], **on_ab("gain")).parts
    assert np.isnan(estimate([part], NO_PRIOR).interval()).all()
    low, high = estimate([part], Prior(6.0, 0.5)).interval()
    assert (low, high) == pytest.approx((2 - stats.t.ppf(0.975, 6), 2 + stats.t.ppf(0.975, 6)))
    row = judged(TABLE[TABLE.seed == 2], **on_ab("gain"))
    assert (row["measured"], row["low"], row["p"], row["verdict"]) == (2.0, None, None, "inconclusive")


@pytest.mark.parametrize(
    ("expect", "low", "high", "expected"),
    [
        ("> 1", 1.1, 2.0, "replicated"),
        ("> 1", 0.5, 2.0, "inconclusive"),
        ("> 1", 1.0, 2.0, "inconclusive"),
        ("> 1", -1.0, 0.6, "contradicted"),
        ("> 1", 0.6, 1.4, "no effect"),
        ("> 1", 1.1, 1.4, "no effect"),  # detectable, but too small to matter
        ("> 1", 0.6, 0.9, "no effect"),
        ("> 1", 1.1, 1.6, "replicated"),
        ("< 1", -1.0, 0.9, "replicated"),
        ("< 1", 1.1, 2.0, "contradicted"),
        ("< 1", np.nan, np.nan, "inconclusive"),
        ("= 1 ± 0.5", 0.5, 1.5, "replicated"),
        ("= 1 ± 0.5", 0.4, 1.0, "inconclusive"),
        ("= 1 ± 0.5", 0.0, 2.0, "inconclusive"),
        ("= 1 ± 0.5", 1.6, 2.0, "contradicted"),
        ("= 1 ± 0.5", 0.0, 0.4, "contradicted"),
    ],
)
def test_an_interval_decides_where_it_lies_wholly_on_one_side(expect, low, high, expected):
    assert judge(Expect.model_validate(expect), low, high, matters=0.5) == expected


@pytest.mark.parametrize(
    ("expect", "value", "expected"),
    [("= 0 ± 1e-9", 1e-10, "holds"), ("= 0 ± 1e-9", -2e-9, "fails"), ("> 0", 0.0, "fails"), ("< 0", -1e-9, "holds")],
)
def test_mathematics_holds_or_fails(expect, value, expected):
    assert check(Expect.model_validate(expect), value) == expected


PLANE = {"task": "plane-mixture", "objective": "js", "pi": 0.1}


def test_exact_numbers_are_checks():
    between = {"where": PLANE, "plus": [{"is_global": True}], "minus": [{"is_global": False}], "expect": "< 0"}
    row = judged(family="mathematics", **between)
    assert [row[key] for key in ("measured", "low", "high", "p", "n_seeds")] == [-1.0, -1.0, -1.0, None, None]
    assert row["verdict"] == "holds"
    assert judged(family="source", **between)["verdict"] == "replicated"
    small = {"where": {**PLANE, "pi": 0.5}, "family": "mathematics"}
    assert judged(**small, expect="= 0 ± 1e-12")["verdict"] == "fails"  # not rounded to nothing


def test_a_list_of_entries_gives_a_case_for_each():
    where = {**PLANE, "pi": [0.1, 0.5, 0.9], "is_global": [True]}
    rows = scorecard(claims("mathematics", where=where, expect="> 0.2"), cells())
    assert [(row["id"], row["case"], row["verdict"]) for row in rows] == [
        ("c-0.1-True", "pi 0.1, is_global True", "holds"),
        ("c-0.5-True", "pi 0.5, is_global True", "fails"),
        ("c-0.9-True", "pi 0.9, is_global True", "not run"),  # the fit failed
    ]
    assert list(by_claim(rows, "mathematics")) == ["c"]
    assert by_claim(rows, "ours") == {}
    assert overall(rows) == "holds 1 of 2, fails 1 of 2"
    assert overall(rows[:1]) == "holds"
    assert overall(rows[2:]) == "not run"


def test_a_claim_on_several_data_sets_has_the_paper_s_number_of_each():
    paper = {"wmt14-ende": 0.44, "grammar-ab": None, "xsum": 0.54}  # a substitute, a task, not in the study
    rows = scorecard(claims(gain=CONVEX_BLEU, source="Table 1", data=paper), cells())
    assert [(row["id"], row["case"], row["paper"], row["measured"], row["task"], row["note"]) for row in rows] == [
        ("c-wmt14-ende", "wmt14-ende", 0.44, 2.0, "grammar-ab", ""),
        ("c-grammar-ab", "grammar-ab", None, 2.0, "grammar-ab", ""),
        ("c-xsum", "xsum", 0.54, None, None, "xsum is not in this study"),
    ]


def test_a_missing_seed_is_told():
    row = judged(**on_ab(metric="log-p"), minus=[{"metric": "bleu"}])
    assert (row["n_seeds"], row["note"]) == (2, "seed 2 is missing on grammar-ab")


def test_how_many_seeds_would_decide():
    values = [-0.8, 0.6, 2.0, 1.2, 2.4, 0.2]  # of mean .93: Student's interval holds 0
    table = pd.DataFrame(run(values, objective="a")).assign(control=None)
    found = contrast(table, data=["grammar-ab"], where={"objective": "a", "metric": "bleu"})
    assert judged(table, data=["grammar-ab"], where={"objective": "a", "metric": "bleu"})["verdict"] == "inconclusive"
    error, mean = np.std(values, ddof=1), np.mean(values)
    decided = next(s for s in range(2, 100) if mean - stats.t.ppf(0.975, 5) * error / np.sqrt(s) > 0)
    assert needed(found, NO_PRIOR, matters=0.5) == f"{decided} seeds would decide it"


def test_of_an_exact_fit_it_is_the_test_items_that_would_decide():
    named = {"metric": "validity", "items": "none/validity"}
    items = np.array([0.0, 100.0] * 50)
    rows = run([float(items.mean())], objective="js", exact=True, **named)
    table = pd.DataFrame(rows).assign(control=None)
    (claim,) = claims(data=["grammar-ab"], where={"objective": "js", "metric": "validity"}, expect="> 42")
    looked_up = cells(table, items={(table.system[0], 1, named["items"]): items})
    (row,) = scorecard([claim], looked_up)
    assert (row["verdict"], row["needed"]) == ("inconclusive", "200 test items would decide it")


def test_many_claims_share_one_rate_of_false_discoveries():
    """One contrast of p = .02 among twenty is what chance brings."""
    noise = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    shifts = [1.2, *np.linspace(-0.6, 0.6, 19)]
    rows = [row for index, shift in enumerate(shifts) for row in run(list(noise + shift), objective=f"o{index}")]
    table = pd.DataFrame(rows).assign(control=None)
    several = [
        claim
        for index in range(20)
        for claim in claims(id=f"c{index}", data=["grammar-ab"], where={"objective": f"o{index}", "metric": "bleu"})
    ]
    alone = judged(table, data=["grammar-ab"], where={"objective": "o0", "metric": "bleu"})
    assert (alone["verdict"], alone["q"]) == ("replicated", alone["p"])
    first, *rest = (scorecard([claim], cells(table))[0] for claim in several)
    assert first["p"] == alone["p"]
    assert {row["verdict"] for row in rest} == {"inconclusive"}
    verdicts._correct([first, *rest])
    assert first["q"] == pytest.approx(min(20 * first["p"], 1))
    assert (first["verdict"], first["holm"]) == ("inconclusive", False)
    assert "chance" in first["needed"]
