"""The small world, once a session run through by its stages."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import ROOT, STUDY, World

from beyond_mle.jobs import jobs


@pytest.fixture(scope="session")
def _finished(tmp_path_factory) -> Path:
    """Everything up to the long table, once a session; not to be changed."""
    world = World(tmp_path_factory.mktemp("study"), dict(STUDY))
    world.save()
    everything = jobs(world.study)
    for task in {job.run.task.label: None for job in everything.values()}:
        world.run("prepare", task=task, sources=world.folder)
    for key, job in everything.items():
        world.run("train", run=key)
        for decoder in job.decoders:
            world.run("sample", run=key, decoder=decoder)
    for key in everything:
        world.run("measure", run=key)
    world.run("identities")
    world.run("collect")
    return world.folder


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)  # as Snakemake runs stages: config/ and notebooks/ are found from there
    monkeypatch.delenv("BEYOND_MLE_MIRROR", raising=False)


@pytest.fixture
def finished(_finished, tmp_path) -> World:
    """A copy of the whole study, to be changed."""
    shutil.copytree(_finished, tmp_path / "study")
    world = World(tmp_path / "study", dict(STUDY))
    world.save()
    return world


@pytest.fixture
def fresh(tmp_path) -> Callable[..., World]:
    """Makes a study of which nothing is done."""

    def make(**changes: Any) -> World:
        world = World(tmp_path, {**STUDY, **changes})
        world.save()
        return world

    return make
