"""What the command lines of all stages have in common."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

_PATHS = {
    "study": "the study's resolved configuration, results/{preset}/studies/{hash}.yaml, or any configuration file",
    "results": "the preset's folder, results/{preset}",
    "output": "what to write",
}
_NAMES = {
    "run": "task/model/objective/seedN",
    "task": "the label of a task, as in the folder's name",
    "decoder": "the label of a decoder",
    "page": "the name of a page",
}


def parser(description: str | None, *names: str) -> argparse.ArgumentParser:
    """A parser whose help is the stage's docstring, with these required arguments.

    Args:
        description: the docstring of the stage's module, which shows the command.
        names: of `_PATHS` (paths) and `_NAMES` (names in the configuration).
    """
    made = argparse.ArgumentParser(
        prog=sys.argv[0], description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in names:
        kind: Any = Path if name in _PATHS else str
        made.add_argument(f"--{name}", required=True, type=kind, help=_PATHS.get(name) or _NAMES[name])
    return made


def mirror(configured: str | None) -> Path | None:
    """The folder that holds the source files, if there is one: the environment variable takes precedence."""
    found = os.environ.get("BEYOND_MLE_MIRROR") or configured
    return Path(found) if found else None
