"""Copies of the project for workflow tests."""

from pathlib import Path

import pytest
from project import Project, copy_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the smoke preset has been run to its end."""
    project = copy_project(tmp_path_factory.mktemp("smoke"))
    result = project.snakemake("--cores", "2", "--configfile", "config/smoke.yaml")
    assert result.returncode == 0, result.stderr[-3000:]
    return project
