from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.claims import Claim, Expect, interval, load_claims, scorecard, verdict
from beyond_mle.report.scores import read_scores

CLAIMS = Path(__file__).parents[3] / "config" / "claims.yaml"
KEYS = ["id", "source", "statement", "paper", "measured", "low", "high", "verdict", "task", "n_seeds"]


def cell(objective: str, decoder: str = "greedy", model: str = "transformer", metric: str = "bleu") -> str:
    return f"{model}/{objective}/{decoder}/{metric}"


def written(plus: list[str], minus: list[str], **others: object) -> dict:
    """A claim as in the file."""
    found = {"id": "c", "statement": "…", "plus": plus, "minus": minus, "paper": {"wmt14-ende": None}}
    return {**found, **others}


def claim(plus: list[str], minus: list[str], **others: object) -> Claim:
    return Claim.model_validate(written(plus, minus, **others))


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
        f"wmt14-deen/{cell('convex-exp')}",
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
    paper = {"wmt14-ende": 0.44, "grammar-ab": None, "wmt14-deen": 0.54}  # a substitute, a task, not in the study
    made = claim([cell("convex-exp")], [cell("control")], source="Table 1", paper=paper)
    rows = scorecard([made], study, read_scores(study, results / "runs"))
    assert [(row["id"], row["source"], row["paper"], row["measured"]) for row in rows] == [
        ("c-wmt14-ende", "Table 1, wmt14-ende", 0.44, 2.0),
        ("c-grammar-ab", "Table 1, grammar-ab", None, 2.0),
        ("c-wmt14-deen", "Table 1, wmt14-deen", 0.54, None),
    ]


def test_a_cell_may_name_another_data_set(study, results):
    others = {"grammar-ba": {"kind": "grammar"}}
    both = study.model_copy(update={"tasks": {**study.tasks, **others}})
    scores = read_scores(study, results / "runs")
    doubled = scores.assign(task="grammar-ba", value=2 * scores.value)
    made = claim([cell("mle")], [f"wmt14-ende/{cell('mle')}"], paper={"grammar-ba": None})
    (row,) = scorecard([made], both, pd.concat([scores, doubled]))
    assert (row["id"], row["measured"], row["task"]) == ("c", 60.0, "grammar-ba, grammar-ab")


def test_two_substitutes_of_one_data_set_are_an_error(study, results):
    tasks = {"other": {"kind": "grammar"}, **study.tasks}
    both = study.model_copy(update={"tasks": tasks, "substitutes": {n: "wmt14-ende" for n in tasks}})
    with pytest.raises(UserError, match="claim c: the data set 'wmt14-ende' stands for other and grammar-ab"):
        measure(both, results, claim([cell("convex-exp")], []))


def test_the_projects_claims_on_the_made_up_study(study, results):
    card = {row["id"]: row for row in scorecard(load_claims(CLAIMS), study, read_scores(study, results / "runs"))}
    assert card["ar-gap-shrinks-wmt14-ende"]["measured"] == pytest.approx(1.5)  # from 4 to 2.5
    assert card["ar-gap-remains-wmt14-ende"]["measured"] == pytest.approx(2.5)
    assert card["vanilla-gain-exceeds-ar-wmt14-ende"]["measured"] == pytest.approx(17.5)
    assert card["vanilla-validity-doubles-wmt14-ende"]["verdict"] == "contradicted"  # 36 < 2 × 19.8
    assert card["ar-entropy-falls-wmt14-ende"]["verdict"] == "replicated"
    assert card["vanilla-gain-10-grammar-ab"]["verdict"] == "replicated"
    assert card["vanilla-gain-10-grammar-ba"]["verdict"] == "not run"
    assert card["ctc-gain-wmt14-ende"]["verdict"] == "not run"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expect": ">0"}, "claim gain.expect' = '>0': .* an expectation is written '> 0' or '< 0'"),
        ({"expect": 0}, "claim gain.expect' = 0: .* an expectation is written"),
        ({"expect": ">= 0"}, "claim gain.expect.side' = '>='"),
        ({"expect": "> ten"}, "claim gain.expect.than' = 'ten'"),
        ({"expect": "> nan"}, "claim gain.expect.than' = 'nan'"),
        ({"plus": []}, "claim gain.plus"),
        ({"plus": ["transformer/mle/bleu"]}, "claim gain.plus.0' = 'transformer/mle/bleu': .* a cell is written"),
        ({"minus": [cell("mle"), "transformer//greedy/bleu"]}, "claim gain.minus.1' = .* a cell is written"),
        ({"paper": {}}, "claim gain.paper"),
        ({"paper": {"wmt14-ende": "high"}}, "claim gain.paper.wmt14-ende' = 'high'"),
        ({"verdict": "replicated"}, "unknown config key 'claim gain.verdict'"),
    ],
)
def test_a_wrong_claim_is_an_error_that_names_it(tmp_path, change, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [written([cell("mle")], [], id="gain") | change]}))
    with pytest.raises(UserError, match=message):
        load_claims(path)


def test_an_id_used_twice_is_an_error(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [written([cell("mle")], [])] * 2}))
    with pytest.raises(UserError, match="the claim id 'c' is used twice"):
        load_claims(path)


def test_claims_use_the_names_of_the_default_study():
    """A misspelt name would make a claim 'not run' without a word."""
    study = config.load(CLAIMS.parent / "default.yaml")
    runs = list(config.runs(study))
    trained = {(run.model, run.objective) for run in runs} | {(run.model, "control") for run in runs if run.control}
    decoders = {(run.model, decoder) for run in runs for decoder in (*run.decoders, "none")}
    models = {run.model for run in runs}
    data_sets = {"wmt14-ende", "wmt14-deen", "grammar-ab", "grammar-ba"}
    for claim in load_claims(CLAIMS):
        assert set(claim.paper) <= data_sets, claim.id
        for cell in claim.plus + claim.minus:
            assert cell.data is None or cell.data in data_sets, claim.id
            if cell.model in models:
                assert (cell.model, cell.objective) in trained, claim.id
                assert (cell.model, cell.decoder) in decoders, claim.id


def test_seeds_for_which_a_metric_is_undefined_do_not_count(study, results):
    scores = read_scores(study, results / "runs")
    kept = scores[~((scores.objective == "convex-exp") & (scores.metric == "log-p") & (scores.seed == 2))]
    made = claim([cell("convex-exp", metric="log-p")], [cell("control", metric="log-p")])
    (row,) = scorecard([made], study, kept)
    assert (row["n_seeds"], row["measured"]) == (2, 0.0)
