"""A tiny study of several worlds, carried out by the pipeline's own stages: its numbers are real, if small."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from beyond_mle import __main__ as command_line
from beyond_mle.config import load
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report import results
from beyond_mle.report.pages import INDEX, study_pages
from beyond_mle.study import Study

ROOT = Path(__file__).parents[3]
STUDY = Path(__file__).parent / "study.yaml"


@pytest.fixture(scope="session")
def study() -> Study:
    return load(STUDY)


@pytest.fixture(scope="session")
def finished(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the study with every stage done up to the tables of its pages and the scorecard."""
    folder = tmp_path_factory.mktemp("results")
    shared = ["--study", str(STUDY), "--results", str(folder)]
    everything = jobs(study)

    def stage(name: str, *arguments: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            command_line.run(name, [*shared, *arguments])

    with _in(ROOT):
        for task in dict.fromkeys(job.run.task.label for job in everything.values()):
            stage("prepare", "--task", task, "--sources", str(folder))
        for key, job in everything.items():
            stage("train", "--run", key)
            for decoder in job.decoders:
                stage("sample", "--run", key, "--decoder", decoder)
            stage("measure", "--run", key)
        stage("speed", "--task", "grammar-ab", "--only", *(f"grammar-ab/{model}/mle/seed1" for model in study.speed_of))
        for page in study_pages(study):
            if page != INDEX:
                stage("tabulate", "--page", page)
        stage("identities")
        stage("collect")
        stage("scorecard")
    return folder


@pytest.fixture(scope="session")
def scores(study: Study, finished: Path) -> pd.DataFrame:
    """The long table, with the hyper-parameters that tell variants apart."""
    everything = jobs(study)
    return results.long_table(everything, Layout(finished), everything, headline=True)


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that the repository brings are named from its root."""
    monkeypatch.chdir(ROOT)


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(before)
