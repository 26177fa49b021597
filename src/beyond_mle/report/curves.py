"""The training logs of runs as one long table: what was logged at which step."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from beyond_mle.files import read_jsonl
from beyond_mle.jobs import Job
from beyond_mle.layout import Layout
from beyond_mle.report.style import ALWAYS_TOLD, named

RUN = ["task", "model", "objective", "label", "order", "pi", "seed"]
"""What stands for a run; `label` is the objective with its hyper-parameters."""
COLUMNS = [*RUN, "step", "quantity", "value"]


def read_curves(
    selected: Iterable[Job], layout: Layout, quantities: Sequence[str] = ("validation", "loss")
) -> pd.DataFrame:
    """What was logged, by optimiser step.

    Args:
        selected: the jobs whose logs to read.
        layout: where they lie.
        quantities: which of the logged numbers to read: `loss`, `validation` (higher is better), `gradient_norm`, and
            whatever metrics the objective logs, such as `weight`, `epsilon`, `reward` or `discriminator_accuracy`.

    Returns:
        The columns `COLUMNS`; a run has no rows of what it did not log.

    Raises:
        UserError: if a log is missing or is not JSON lines.
    """
    rows: list[list[Any]] = []
    for job in selected:
        for record in read_jsonl(layout.training_log(job.run.key)):
            rows += [[*named_by(job), record["step"], name, record[name]] for name in quantities if name in record]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"order": float, "pi": float})


def named_by(job: Job) -> list[Any]:
    """What stands for a run in the columns `RUN`."""
    run, settings = job.run, job.objective.settings
    told = {name: settings[name] for name in (*ALWAYS_TOLD, *run.objective.swept) if name in settings}
    label = named(run.objective.name, told)
    return [run.task.label, run.model.label, run.objective.name, label, told.get("order"), told.get("pi"), run.seed]


def effective_share(curves: pd.DataFrame) -> pd.DataFrame:
    """What share of the sentences of a batch counts in effect: in %, 100 m² / (m² + s²), from `weight` and `weight_sd`.

    It is Kish's effective sample size of weights of mean m and standard deviation s: 100 if all are equal, and 100/n
    if one sentence of n has all the weight.

    Returns:
        The metric `effective-share` of each run, the mean over its steps: the columns `RUN`, metric and value.
    """
    keys = [*RUN, "step"]
    mean, sd = (curves[curves.quantity == name][[*keys, "value"]] for name in ("weight", "weight_sd"))
    both = mean.merge(sd, on=keys, suffixes=("", "_sd"))
    spread = both.value_sd / both.value  # and not its square: the weights of `convex-pure` are tiny
    shares = both.assign(value=100 / (1 + spread**2)).groupby(RUN, sort=False, dropna=False).value.mean()
    return shares.reset_index().assign(metric="effective-share")
