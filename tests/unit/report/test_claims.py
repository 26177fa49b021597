from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.claims import Claim, Expect, interval, load_claims, scorecard, verdict
from beyond_mle.report.scores import read_scores

CLAIMS = Path(__file__).parents[3] / "config" / "claims.yaml"
KEYS = ["id", "source", "statement", "paper", "measured", "low", "high", "verdict", "task", "n_seeds"]


def cell(objective: str, decoder: str = "greedy", **changes: str) -> dict:
    found = {"data": "wmt14-ende", "model": "transformer", "objective": objective, "decoder": decoder}
    return {**found, "metric": "bleu", **changes}


def claim(plus: list[dict], minus: list[dict], direction: str = "greater", than: float = 0) -> Claim:
    return Claim.model_validate(
        {
            "id": "c",
            "source": "ours",
            "statement": "…",
            "paper": None,
            "measure": {"plus": plus, "minus": minus},
            "expect": {"direction": direction, "than": than},
        }
    )


def measure(study: config.Study, results: Path, made: Claim) -> dict:
    (row,) = scorecard([made], study, read_scores(study, results / "runs"))
    return row


def test_differences_are_paired_by_seed(study, results):
    # 62.4, 63.0, 63.6 minus 60.4, 61.0, 61.6: what the seeds share cancels
    row = measure(study, results, claim([cell("convex-exp")], [cell("control")]))
    assert list(row) == KEYS
    assert [row["measured"], row["low"], row["high"]] == [2.0, 2.0, 2.0]
    assert (row["verdict"], row["task"], row["n_seeds"]) == ("replicated", "grammar-ab", 3)


def test_the_interval_is_students_t_over_seeds(study, results):
    # convex beam5 64.9, 65.5, 66.1 minus mle beam5 63.5, 64, 64.5: 1.4, 1.5, 1.6; t(0.975, 2) = 4.302653
    row = measure(study, results, claim([cell("convex-exp", "beam5")], [cell("mle", "beam5")]))
    margin = 4.302653 * 0.1 / np.sqrt(3)
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
    ("direction", "low", "high", "expected"),
    [
        ("greater", 1.1, 2.0, "replicated"),
        ("greater", 0.5, 2.0, "inconclusive"),
        ("greater", 1.0, 2.0, "inconclusive"),
        ("greater", -1.0, 0.9, "contradicted"),
        ("less", -1.0, 0.9, "replicated"),
        ("less", 1.1, 2.0, "contradicted"),
        ("less", None, None, "inconclusive"),
    ],
)
def test_verdicts_against_a_threshold_of_1(direction, low, high, expected):
    assert verdict(Expect(direction=direction, than=1), low, high) == expected


def test_one_seed_is_never_conclusive(study, results):
    one = study.model_copy(update={"seeds": [2]})
    row = measure(one, results, claim([cell("convex-exp")], [cell("control")]))
    assert (row["measured"], row["low"], row["high"], row["verdict"]) == (2.0, None, None, "inconclusive")


@pytest.mark.parametrize(
    "absent",
    [
        cell("convex-exp", data="wmt14-deen"),
        cell("convex-exp", model="ctc"),
        cell("convex-power"),
        cell("convex-exp", metric="comet"),
        cell("control", model="ctc"),
    ],
)
def test_a_claim_with_a_cell_that_the_study_lacks_is_not_run(study, results, absent):
    row = measure(study, results, claim([absent], [cell("control")]))
    assert (row["verdict"], row["measured"], row["low"], row["high"]) == ("not run", None, None, None)


def test_data_may_name_a_task(study, results):
    made = claim([cell("convex-exp", data="grammar-ab")], [cell("control", data="grammar-ab")])
    assert measure(study, results, made)["measured"] == 2.0


def test_two_substitutes_of_one_data_set_are_an_error(study, results):
    tasks = {"other": {"kind": "grammar"}, **study.tasks}
    both = study.model_copy(update={"tasks": tasks, "substitutes": {n: "wmt14-ende" for n in tasks}})
    with pytest.raises(UserError, match="claim c: the data set 'wmt14-ende' stands for other and grammar-ab"):
        measure(both, results, claim([cell("convex-exp")], []))


def test_the_projects_claims_on_the_made_up_study(study, results):
    card = {row["id"]: row for row in scorecard(load_claims(CLAIMS), study, read_scores(study, results / "runs"))}
    assert card["ar-gap-shrinks-ende"]["measured"] == pytest.approx(1.5)  # from 4 to 2.5
    assert card["ar-gap-remains-ende"]["measured"] == pytest.approx(2.5)
    assert card["vanilla-gain-exceeds-ar-ende"]["measured"] == pytest.approx(17.5)
    assert card["vanilla-validity-doubles-ende"]["verdict"] == "contradicted"  # 36 < 2 × 19.8
    assert card["ar-entropy-falls-ende"]["verdict"] == "replicated"
    assert card["ctc-gain-ende"]["verdict"] == "not run"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expect": {"direction": "up", "than": 0}}, "claim gain.expect.direction"),
        ({"measure": {"plus": []}}, "claim gain.measure.plus"),
        (
            {"measure": {"plus": [cell("mle", decoders="greedy")]}},
            "unknown config key 'claim gain.measure.plus.0.decoders'",
        ),
        ({"verdict": "replicated"}, "unknown config key 'claim gain.verdict'"),
    ],
)
def test_a_wrong_claim_is_an_error_that_names_it(tmp_path, change, message):
    right = claim([cell("mle")], []).model_dump() | {"id": "gain"}
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [{**right, **change}]}))
    with pytest.raises(UserError, match=message):
        load_claims(path)


def test_an_id_used_twice_is_an_error(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [claim([cell("mle")], []).model_dump()] * 2}))
    with pytest.raises(UserError, match="the claim id 'c' is used twice"):
        load_claims(path)


def test_claims_use_the_names_of_the_default_study():
    """A misspelt objective or decoder would make a claim 'not run' without a word."""
    study = config.load(CLAIMS.parent / "default.yaml")
    runs = list(config.runs(study))
    trained = {(run.model, run.objective) for run in runs} | {(run.model, "control") for run in runs if run.control}
    decoders = {(run.model, decoder) for run in runs for decoder in (*run.decoders, "none")}
    models = {run.model for run in runs}
    for claim in load_claims(CLAIMS):
        for cell in claim.measure.plus + claim.measure.minus:
            if cell.model in models:
                assert (cell.model, cell.objective) in trained, claim.id
                assert (cell.model, cell.decoder) in decoders, claim.id
