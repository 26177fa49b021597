"""COMET's command line. The package itself is large; a stand-in on PYTHONPATH shows what it would be asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.stages.comet import triples_of

STAND_IN = """
from types import SimpleNamespace


def download_model(name):
    return f"downloaded {name}"


def load_from_checkpoint(path):
    return SimpleNamespace(predict=lambda triples, gpus: _score(path, triples, gpus))


def _score(path, triples, gpus):
    assert (path, gpus) == ("downloaded some/model", 0), (path, gpus)
    right = [triple["mt"] == triple["ref"] for triple in triples]
    return SimpleNamespace(system_score=sum(right) / len(right))
"""
TEST = [{"source": "ein Haus", "targets": ["a house", "one house"]}, {"source": "ja", "targets": ["yes"]}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lines(tmp_path / "test.jsonl", TEST)
    write_lines(tmp_path / "decoded.jsonl", [{"outputs": ["a house"]}, {"outputs": ["no"]}])
    return tmp_path


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(folder: Path, packages: Path) -> subprocess.CompletedProcess:
    """The command, with the modules of `packages` in front of those that are installed."""
    command = [sys.executable, "-m", "beyond_mle.stages.comet", "--model", "some/model", "--data", str(folder)]
    command += ["--decoded", str(folder / "decoded.jsonl"), "--output", str(folder / "scores" / "beam5.comet.json")]
    environment = os.environ | {"PYTHONPATH": str(packages)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_every_output_is_compared_with_every_reference(folder):
    write_lines(folder / "decoded.jsonl", [{"outputs": ["a", "b"]}, {"outputs": ["c", "d"]}])
    triples = [tuple(triple.values()) for triple in triples_of(folder / "test.jsonl", folder / "decoded.jsonl")]
    house = [("ein Haus", output, reference) for output in "ab" for reference in ("a house", "one house")]
    assert triples == [*house, ("ja", "c", "yes"), ("ja", "d", "yes")]


def test_the_score_file_has_percent_and_the_models_name(folder):
    packages = folder / "packages"
    packages.mkdir()
    (packages / "comet.py").write_text(STAND_IN)
    done = run(folder, packages)
    assert done.returncode == 0, done.stderr
    scores = json.loads((folder / "scores" / "beam5.comet.json").read_text())
    assert scores["metrics"] == {"comet": pytest.approx(100 / 3)}
    assert scores["signatures"] == {"comet": "some/model"}


def test_without_the_package_one_line_says_how_to_get_it(folder):
    packages = folder / "packages"
    packages.mkdir()
    (packages / "comet.py").write_text("raise ModuleNotFoundError('No module named comet', name='comet')")
    done = run(folder, packages)
    assert done.returncode == 1
    assert done.stderr.startswith("error: evaluation.comet_model needs the package unbabel-comet")
    assert "pip install unbabel-comet" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "scores").exists()


def test_outputs_of_other_sources_are_an_error(folder):
    write_lines(folder / "decoded.jsonl", [{"outputs": ["a house"]}])
    with pytest.raises(UserError, match=r"decoded\.jsonl: 1 lines for 2 test sources"):
        triples_of(folder / "test.jsonl", folder / "decoded.jsonl")
