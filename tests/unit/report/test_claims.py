from pathlib import Path

import pandas as pd
import pytest
import yaml

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.claims import ExactClaim, Expect, RunClaim, load_claims
from beyond_mle.report.published import load_published
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages import adversarial, illustrate, sharpen

CLAIMS = Path(__file__).parents[3] / "config" / "claims.yaml"
MLE = "transformer/mle/greedy/bleu"
OF_RUNS = {"id": "gain", "statement": "…", "plus": [MLE], "paper": {"wmt14-ende": None}}
EXACT = {"id": "limit", "statement": "…", "exact": "errata", "plus": [{"equation": "18"}]}


def load(folder: Path, *claims: dict) -> list[RunClaim | ExactClaim]:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": list(claims)}))
    return load_claims(path)


def test_the_key_exact_tells_the_two_kinds_of_claims_apart(tmp_path):
    of_runs, exact = load(tmp_path, OF_RUNS, EXACT | {"where": {"pi": [0.1, 1], "is_global": True}})
    assert isinstance(of_runs, RunClaim)
    assert isinstance(exact, ExactClaim)
    assert exact.where == {"pi": [0.1, 1], "is_global": True}
    assert (exact.value, exact.minus, exact.paper, exact.source) == ("value", [], None, "ours")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("> 0", (">", 0, 0)),
        ("< -1.5", ("<", -1.5, 0)),
        ("= 0 ± 1e-9", ("=", 0, 1e-9)),
        ("= -2 ± 0", ("=", -2, 0)),
    ],
)
def test_expectations(written, meant):
    expect = Expect.model_validate(written)
    assert (expect.side, expect.than, expect.within) == meant


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expect": ">0"}, "claim gain.expect' = '>0': .* an expectation is written '> 0', '< 0' or '= 0 ± 0.001'"),
        ({"expect": 0}, "claim gain.expect' = 0: .* an expectation is written"),
        ({"expect": "= 0"}, "claim gain.expect' = '= 0': .* an expectation is written"),
        ({"expect": "> 0 ± 1"}, "claim gain.expect' = '> 0 ± 1': .* an expectation is written"),
        ({"expect": ">= 0"}, "claim gain.expect.side' = '>='"),
        ({"expect": "> ten"}, "claim gain.expect.than' = 'ten'"),
        ({"expect": "> nan"}, "claim gain.expect.than' = 'nan'"),
        ({"expect": "= 0 ± -1"}, "claim gain.expect.within' = '-1'"),
        ({"plus": []}, "claim gain.plus"),
        ({"plus": ["transformer/mle/bleu"]}, "claim gain.plus.0' = 'transformer/mle/bleu': .* a cell is written"),
        ({"plus": [{"pi": 0.1}]}, "claim gain.plus.0' = .* a cell is written"),
        ({"minus": [MLE, "transformer//greedy/bleu"]}, "claim gain.minus.1' = .* a cell is written"),
        ({"paper": {}}, "claim gain.paper"),
        ({"paper": {"wmt14-ende": "high"}}, "claim gain.paper.wmt14-ende' = 'high'"),
        ({"verdict": "replicated"}, "unknown config key 'claim gain.verdict'"),
        ({"where": {"pi": 0.1}}, "unknown config key 'claim gain.where'"),
    ],
)
def test_a_wrong_claim_on_runs_is_an_error_that_names_it(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, OF_RUNS | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exact": 1}, "claim limit.exact' = 1"),
        ({"plus": []}, "claim limit.plus"),
        ({"plus": [MLE]}, f"claim limit.plus.0' = '{MLE}'"),
        ({"plus": [{"pi": [0.1]}]}, r"claim limit.plus.0.pi.* = \[0.1\]"),
        ({"where": {"pi": None}}, "claim limit.where.pi.* = None"),
        ({"where": {"pi": []}}, r"claim limit.where.pi.* = \[\]"),
        ({"paper": {"wmt14-ende": 1}}, "claim limit.paper' = "),
        ({"table": "errata"}, "unknown config key 'claim limit.table'"),
    ],
)
def test_a_wrong_exact_claim_is_an_error_that_names_it(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, EXACT | change)


def test_an_id_used_twice_is_an_error(tmp_path):
    with pytest.raises(UserError, match="the claim id 'gain' is used twice"):
        load(tmp_path, OF_RUNS, EXACT | {"id": "gain"})


def test_claims_use_the_names_of_the_default_study():
    """A misspelt name would make a claim 'not run' without a word."""
    study = config.load_resolved(CLAIMS.parent / "default.yaml")
    runs = list(config.runs(study))
    trained = {(run.model, run.objective) for run in runs} | {(run.model, "control") for run in runs if run.control}
    decoders = {(run.model, decoder) for run in runs for decoder in (*run.decoders, "none")}
    models = {run.model for run in runs}
    data_sets = {*study.tasks, *(key[0] for key in load_published(CLAIMS.parent / "published.yaml"))}
    for claim in load_claims(CLAIMS):
        if isinstance(claim, ExactClaim):
            continue
        assert set(claim.paper) <= data_sets, claim.id
        for cell in claim.plus + claim.minus:
            assert cell.data is None or cell.data in data_sets, claim.id
            if cell.model in models:
                assert (cell.model, cell.objective) in trained, claim.id
                assert (cell.model, cell.decoder) in decoders, claim.id


@pytest.fixture(scope="module")
def quick_tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """The exact tables of the default study with all that claims may name, but too coarse for its numbers."""
    study = config.load_resolved(CLAIMS.parent / "default.yaml")
    coarse = {"grid_step": 0.8, "samples": 100}
    path = {"pi_path": [p for p in study.illustration.pi_path if p in (1e-4, *study.illustration.pis, 0.9999)]}
    rest = {"order_path": [0.3], "order_anchors": [0.3], "surface_points": 2, "bins": 2}
    illustration = study.illustration.model_copy(update=coarse | path | rest)
    theory = study.theory.model_copy(update={"steps": 1, "draws": 2})
    training = study.adversarial.training.model_copy(update={"steps": 1, "batch": 8})
    duel = study.adversarial.model_copy(update={**coarse, "data": 100, "figure_samples": 1, "training": training})
    folder = tmp_path_factory.mktemp("exact")
    illustrate.write(illustrate.illustrate(illustration), folder)
    adversarial.write(adversarial.compete(duel), folder)
    sharpen.write(sharpen.tables(theory), folder / "tables")
    return {path.stem: pd.read_csv(path) for path in folder.rglob("*.csv")}


def test_the_default_study_measures_every_exact_claim(quick_tables):
    claims = [claim for claim in load_claims(CLAIMS) if isinstance(claim, ExactClaim)]
    no_scores = pd.DataFrame(columns=["task", "model", "objective", "decoder", "metric", "seed", "value"])
    card = scorecard(claims, config.load_resolved(CLAIMS.parent / "default.yaml"), no_scores, quick_tables)
    assert [row["id"] for row in card if row["verdict"] == "not run"] == []
    ids = [row["id"] for row in card]
    assert len(set(ids)) == len(ids) > 100


def test_what_is_wrong_as_printed_is_contradicted_and_holds_once_corrected(quick_tables):
    """Of scheduled sampling and of the equations, whose tables are the default study's own but for the draws."""
    formulas = ("scheduled_sampling_theory", "errata")
    claims = [claim for claim in load_claims(CLAIMS) if isinstance(claim, ExactClaim) and claim.exact in formulas]
    no_scores = pd.DataFrame(columns=["task", "model", "objective", "decoder", "metric", "seed", "value"])
    for row in scorecard(claims, config.load_resolved(CLAIMS.parent / "default.yaml"), no_scores, quick_tables):
        expected = "contradicted" if row["source"].endswith("as printed") else "replicated"
        assert row["verdict"] == expected, row["id"]
