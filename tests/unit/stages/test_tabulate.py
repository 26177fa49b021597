"""The two stages that make files from scores, by their command lines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODEL = {
    "kind": "transformer",
    "width": 8,
    "heads": 2,
    "feedforward": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
}
STUDY = {
    "preset": "tiny",
    "substitutes": {"grammar-ab": "wmt14-ende"},
    "tasks": {"grammar-ab": {"kind": "grammar"}},
    "models": {"transformer": MODEL},
    "decoders": {"greedy": {"kind": "greedy"}},
    "training": {"short": {"steps": 1, "batch_tokens": 10, "learning_rate": 0.001}},
    "experiments": [
        {
            "task": "grammar-ab",
            "model": "transformer",
            "decoders": ["greedy"],
            "pages": ["table1_autoregressive"],
            "stages": [{"objectives": ["mle"], "training": "short"}],
        }
    ],
}


@pytest.fixture
def results(tmp_path):
    scores = tmp_path / "runs" / "grammar-ab" / "transformer" / "mle" / "seed1" / "scores"
    scores.mkdir(parents=True)
    for name, metrics in (("greedy", {"bleu": 50.0}), ("model", {"nll": 2.0})):
        (scores / f"{name}.json").write_text(json.dumps({"metrics": metrics, "signatures": {}, "paired": {}}))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY))
    return tmp_path


def run(stage: str, results: Path, output: Path, *words: str) -> subprocess.CompletedProcess:
    shared = [
        "--config",
        str(results / "study.yaml"),
        "--runs",
        str(results / "runs"),
        "--output",
        str(output),
    ]
    command = [sys.executable, "-m", f"beyond_mle.stages.{stage}", *shared, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


TABLE = ["--published", "config/published.yaml", "--table", "table1_autoregressive"]


def test_tabulate_writes_the_table(results, tmp_path):
    output = tmp_path / "table.csv"
    assert run("tabulate", results, output, *TABLE).returncode == 0
    assert output.read_text().splitlines()[1:] == [
        "grammar-ab,transformer,mle,greedy,bleu,50.000000,,1,,26.48,",
        "grammar-ab,transformer,mle,none,nll,2.000000,,1,,,",
    ]


def test_tabulate_refuses_a_page_that_no_experiment_names(results, tmp_path):
    done = run("tabulate", results, tmp_path / "table.csv", *TABLE[:-1], "table1_auto")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no experiment of preset 'tiny' names the page 'table1_auto': did you mean")
    assert len(done.stderr.splitlines()) == 1


def test_tabulate_with_a_missing_score_is_one_line_and_leaves_no_table(results, tmp_path):
    next(results.rglob("greedy.json")).unlink()
    done = run("tabulate", results, tmp_path / "table.csv", *TABLE)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "greedy.json: no such file" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "table.csv").exists()


def test_scorecard_gives_every_claim_a_verdict(results, tmp_path):
    output = tmp_path / "scorecard.json"
    errata = tmp_path / "errata.csv"
    errata.write_text("equation,deviation_as_printed,deviation_corrected\n18,2.0,1e-4\n")
    claims = ("--claims", "config/claims.yaml", "--exact", str(errata))
    assert run("scorecard", results, output, *claims).returncode == 0
    card = json.loads(output.read_text())
    assert {row["id"]: row["verdict"] for row in card if row["verdict"] != "not run"} == {
        "huszar-eq-18-printed": "contradicted",
        "huszar-eq-18-corrected": "replicated",
    }
    assert list(card[0])[:8] == ["id", "source", "statement", "paper", "measured", "low", "high", "verdict"]
