"""Files of outputs: a line {"outputs": […]} for each source."""

from pathlib import Path
from typing import Any

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl


def read_outputs(path: Path) -> list[list[Any]]:
    """The outputs of each source, equally many.

    Raises:
        UserError: if the file is missing or not such a file, naming the line.
    """
    rows = read_jsonl(path)
    outputs: list[list[Any]] = []
    for number, row in enumerate(rows, start=1):
        own = row.get("outputs") if isinstance(row, dict) else None
        if not own or not isinstance(own, list):
            raise UserError(f"{path}, line {number}: nothing under 'outputs'; sample the run again")
        if outputs and len(own) != len(outputs[0]):
            raise UserError(f"{path}, line {number}: {len(own)} outputs instead of {len(outputs[0])}; sample again")
        outputs.append(own)
    return outputs
