"""A second stage's gain in two parts: what longer training alone brings, and what the objective adds to that."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import system_of

COLUMNS = ["task", "model", "objective", "order", "decoder", "metric", "seed", "first", "control", "value"]

READING = "The gain over stage 1 in two parts: what longer training alone brings, and what the objective adds to it."


def gain_parts(jobs: Mapping[str, Job], rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """First stage, control and objective of every run that has all three, by each decoder that all three have.

    Args:
        jobs: those of the study.
        rows: of the long table.
        metric: what is measured of outputs.

    Returns:
        The columns `COLUMNS`, a row per seed: `first`, `control` and `value` are those of the metric.
    """
    return pd.DataFrame(list(_parts(jobs, rows[rows.metric == metric])), columns=COLUMNS)


def shares(parts: pd.DataFrame) -> pd.DataFrame:
    """The two parts as means over seeds, and the share of the whole gain that longer training alone brings.

    Args:
        parts: of `gain_parts`.

    Returns:
        Per system the columns of a table for readers; the share is missing where there is no gain as a whole.
    """
    cell = [name for name in COLUMNS[:6] if parts[name].notna().any()]
    means = parts.groupby(cell, sort=False, dropna=False)[["first", "control", "value"]].mean()
    longer, whole = means.control - means["first"], means.value - means["first"]
    return pd.DataFrame(
        {
            "stage 1": means["first"],
            "longer training": longer,
            "the objective": means.value - means.control,
            "both": whole,
            "share of longer training in %": (100 * longer / whole).where(whole > 0),
        }
    ).reset_index()


def _parts(jobs: Mapping[str, Job], rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    # A decoder with swept options has several rows of one name, none of which is the decoder's.
    single = rows.drop_duplicates(["system", "seed", "decoder"], keep=False)
    known = {(row.system, row.seed, row.decoder): row for row in single.itertuples()}
    for job in jobs.values():
        run = job.run
        control, first = run.control, run.start_from
        if control is None or first is None or control.start_from != first:
            continue
        for decoder in run.decoders:
            arms = [known.get((system_of(jobs[one.key]), one.seed, decoder.name)) for one in (first, control, run)]
            values = [arm.value for arm in arms if arm is not None]
            if len(values) == 3:
                shared = {name: getattr(arms[2], name, None) for name in COLUMNS[:7]}
                yield shared | dict(zip(("first", "control", "value"), values, strict=True))
