"""What the command lines of all stages have in common."""

import argparse
from pathlib import Path

_ARGUMENTS = {
    "config": "the study's resolved configuration, results/{preset}/study.yaml",
    "data": "the task's folder, results/{preset}/data/{task}",
    "runs": "the folder of all runs, results/{preset}/runs",
    "weights": "the run's model.safetensors",
    "output": "what to write",
}
_NAMES = {"run": "task/model/objective/seedN", "task": "a name from `tasks:`", "decoder": "a name from `decoders:`"}


def parser(description: str, *names: str) -> argparse.ArgumentParser:
    """A parser whose help is the stage's docstring, with these required arguments.

    Args:
        description: the docstring of the stage's module, which shows the command.
        names: of `_ARGUMENTS` (paths) and `_NAMES` (names in the configuration).
    """
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        if name in _NAMES:
            made.add_argument(f"--{name}", required=True, help=_NAMES[name])
        else:
            made.add_argument(f"--{name}", required=True, type=Path, help=_ARGUMENTS[name])
    return made
