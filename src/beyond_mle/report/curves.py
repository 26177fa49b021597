"""The training logs of runs as one long table."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from beyond_mle import config
from beyond_mle.files import read_jsonl

COLUMNS = ["task", "model", "objective", "seed", "step", "quantity", "value"]


def read_curves(selected: Iterable[config.Run], runs: Path) -> pd.DataFrame:
    """Loss and validation by optimiser step.

    Args:
        selected: whose logs to read.
        runs: the folder results/{preset}/runs.

    Returns:
        The columns `COLUMNS`; `quantity` is `loss` or `validation` (higher is better).

    Raises:
        UserError: if a log is missing or is not JSON lines.
    """
    rows: list[list[Any]] = []
    for run in selected:
        key = [run.task, run.model, run.objective, run.seed]
        for record in read_jsonl(runs / run.key / "training.jsonl"):
            for quantity in ("validation", "loss"):
                if quantity in record:
                    rows.append([*key, record["step"], quantity, record[quantity]])
    return pd.DataFrame(rows, columns=COLUMNS)
