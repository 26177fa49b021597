"""The training logs of runs as one long table: what was logged at which step."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from beyond_mle.files import read_jsonl
from beyond_mle.layout import Layout
from beyond_mle.runs import Run

COLUMNS = ["task", "model", "objective", "seed", "step", "quantity", "value"]


def read_curves(
    selected: Iterable[Run], layout: Layout, quantities: Sequence[str] = ("validation", "loss")
) -> pd.DataFrame:
    """What was logged, by optimiser step.

    Args:
        selected: whose logs to read.
        layout: where they lie.
        quantities: which of the logged numbers to read: `loss`, `validation` (higher is better), `gradient_norm`, and
            whatever metrics the objective logs, such as `weight`, `epsilon`, `reward` or `discriminator_accuracy`.

    Returns:
        The columns `COLUMNS`, with the labels of task, model and objective; a run has no rows of what it did not log.

    Raises:
        UserError: if a log is missing or is not JSON lines.
    """
    rows: list[list[Any]] = []
    for run in selected:
        for record in read_jsonl(layout.training_log(run.key)):
            rows += [[*named_by(run), record["step"], name, record[name]] for name in quantities if name in record]
    return pd.DataFrame(rows, columns=COLUMNS)


def named_by(run: Run) -> list[Any]:
    """What stands for a run in the columns `COLUMNS`."""
    return [run.task.label, run.model.label, run.objective.label, run.seed]


def effective_share(curves: pd.DataFrame) -> pd.DataFrame:
    """What share of the sentences of a batch counts in effect: in %, 100 m² / (m² + s²), from `weight` and `weight_sd`.

    It is Kish's effective sample size of weights of mean m and standard deviation s: 100 if all are equal, and 100/n
    if one sentence of n has all the weight.

    Returns:
        The rows of a quantity `effective_share`, in the columns `COLUMNS`.
    """
    keys = COLUMNS[:5]
    mean, sd = (curves[curves.quantity == name][[*keys, "value"]] for name in ("weight", "weight_sd"))
    both = mean.merge(sd, on=keys, suffixes=("", "_sd"))
    spread = both.value_sd / both.value  # and not its square: the weights of `convex-pure` are tiny
    return both.assign(quantity="effective_share", value=100 / (1 + spread**2))[COLUMNS]
