"""Where a page comes from: its inputs with their hashes, the commit, the versions, the device, the time."""

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    "beyond-mle",
    "torch",
    "snakemake",
    "numpy",
    "scipy",
    "pandas",
    "sacrebleu",
    "matplotlib",
    "nbconvert",
)


def provenance(
    notebook: Path, inputs: Iterable[Path], devices: list[str], command: str, seconds: float
) -> dict[str, Any]:
    """What the foot of a page shows.

    Args:
        notebook: the source of the page.
        inputs: the files it reads.
        devices: what its models were trained on.
        command: makes the page again.
        seconds: how long it took to make.
    """
    return {
        "command": command,
        "notebook": notebook.name,
        "commit": commit(notebook.resolve().parent),
        "versions": versions(),
        "device": ", ".join(devices),
        "seconds": round(seconds, 1),
        "inputs": [{"path": str(path), "sha256": short_hash(path)} for path in inputs],
    }


def short_hash(path: Path) -> str:
    """The first 12 hexadecimal digits of a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def commit(folder: Path) -> str:
    """The git commit of a folder, marked where files differ from it; or that there is none."""
    describe = ["describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=, with changes"]
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *describe], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that the numbers may depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
