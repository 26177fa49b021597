"""A second stage's gain in two parts: what longer training alone brings, and what the objective adds to that."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import system_of

COLUMNS = ["task", "model", "objective", "order", "decoder", "metric", "seed", "first", "control", "value"]


def gain_parts(jobs: Mapping[str, Job], rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """First stage, control and objective of every run that has all three, by the first decoder of each.

    Args:
        jobs: those of the study.
        rows: of the long table.
        metric: what is measured of outputs.

    Returns:
        The columns `COLUMNS`, a row per seed: `first`, `control` and `value` are those of the metric.
    """
    return pd.DataFrame(list(_parts(jobs, rows[rows.metric == metric])), columns=COLUMNS)


def _parts(jobs: Mapping[str, Job], rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    known = {(row.system, row.seed, row.decoder): row for row in rows.itertuples()}
    for job in jobs.values():
        run = job.run
        control, first = run.control, run.start_from
        if control is None or first is None or control.start_from != first or not run.decoders:
            continue
        found = [known.get((system_of(jobs[one.key]), one.seed, run.decoders[0].name)) for one in (first, control, run)]
        values = [one.value for one in found if one is not None]
        if len(values) == 3:
            shared = {name: getattr(found[2], name, None) for name in COLUMNS[:7]}
            yield shared | dict(zip(("first", "control", "value"), values, strict=True))
