"""COMET's command line. The package itself is large; a stand-in on PYTHONPATH shows what it would be asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import beyond_mle
from beyond_mle.errors import UserError
from beyond_mle.files import write_jsonl
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
    write_jsonl(tmp_path / "test.jsonl", TEST)
    write_jsonl(tmp_path / "outputs.jsonl", [{"outputs": ["a house"]}, {"outputs": ["no"]}])
    return tmp_path


def run(folder: Path, package: str) -> subprocess.CompletedProcess:
    """The command, where this text is the module `comet`."""
    (folder / "packages").mkdir()
    (folder / "packages" / "comet.py").write_text(package)
    command = [sys.executable, "-m", "beyond_mle", "comet", "--model", "some/model", "--data", str(folder)]
    command += ["--outputs", str(folder / "outputs.jsonl"), "--output", str(folder / "comet" / "beam5.json")]
    path = os.pathsep.join([str(folder / "packages"), str(Path(beyond_mle.__file__).parents[1])])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_every_output_is_compared_with_every_reference(folder):
    write_jsonl(folder / "outputs.jsonl", [{"outputs": ["a", "b"]}, {"outputs": ["c", "d"]}])
    triples = [tuple(triple.values()) for triple in triples_of(folder / "test.jsonl", folder / "outputs.jsonl")]
    house = [("ein Haus", output, reference) for output in "ab" for reference in ("a house", "one house")]
    assert triples == [*house, ("ja", "c", "yes"), ("ja", "d", "yes")]


def test_the_score_file_has_percent_and_the_models_name(folder):
    done = run(folder, STAND_IN)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "comet" / "beam5.json").read_text())
    assert found == {"comet": pytest.approx(100 / 3), "model": "some/model"}


def test_without_the_package_one_line_says_how_to_get_it(folder):
    done = run(folder, "raise ModuleNotFoundError('No module named comet', name='comet')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: evaluation.comet_model needs the package unbabel-comet")
    assert "pip install unbabel-comet" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "comet").exists()


def test_outputs_of_other_sources_are_an_error(folder):
    write_jsonl(folder / "outputs.jsonl", [{"outputs": ["a house"]}])
    with pytest.raises(UserError, match=r"outputs\.jsonl: 1 lines for 2 test sources; sample the run again"):
        triples_of(folder / "test.jsonl", folder / "outputs.jsonl")
