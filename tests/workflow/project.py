"""A copy of the project in a temporary folder, in which workflow tests run Snakemake as a user does."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "config", "envs", "notebooks", "profiles", "src", "workflow"]


@dataclass(frozen=True)
class Project:
    """The copy, and ways to run things in it."""

    folder: Path

    def python(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run this Python with the copy's package."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def snakemake(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run Snakemake in the copy."""
        return self.python("-m", "snakemake", "--nocolor", *arguments, **environment)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, with the copy's package first and no mirror."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"PYTHONPATH": str(self.folder / "src"), "PATH": path, "OMP_NUM_THREADS": "1"}
        return {name: value for name, value in os.environ.items() if name != "BEYOND_MLE_MIRROR"} | own


def copy_project(folder: Path) -> Project:
    """Copy what a run needs, not what tests and runs leave behind."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return Project(folder)
