"""Samples that models of points drew, beside samples of p."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import system_of
from beyond_mle.runs import Run
from beyond_mle.tasks.plane import PlaneData

POINTS = "points"
"""The kind of the decoder whose outputs are drawn."""
COLUMNS = ["task", "system", "label", "objective", "order", "kl", "certainty", "x", "y"]


def drawn(
    rows: pd.DataFrame,
    jobs: Iterable[Job],
    outputs: Callable[[Run, str], list[list[Any]]],
    data: Mapping[str, PlaneData],
    samples: int = 1000,
) -> pd.DataFrame:
    """Samples of p, and of every model those of its first seed.

    Args:
        rows: of `Page.seeds`, of the metric `kl`: which systems are shown.
        jobs: those with a decoder of the kind `POINTS` are shown.
        outputs: of a run and a decoder.
        data: by the labels of their tasks.
        samples: of p.

    Returns:
        The columns `COLUMNS`; `label`: `p`, or what the model is; `kl`: its KL[P‖Q], or what `certainty` calls a bound.
    """
    known = rows.drop_duplicates("system").reindex(
        columns=["system", "system_label", *COLUMNS[3:5], "value", "certainty"]
    )
    known = known.set_index("system")
    parts: dict[tuple[str, str], pd.DataFrame] = {}
    for job in jobs:
        decoder = next((label for label, entry in job.decoders.items() if entry.kind == POINTS), None)
        task, system = job.run.task.label, system_of(job)
        if decoder is None or task not in data or system not in known.index or (task, system) in parts:
            continue
        if (task, "p") not in parts:
            of_p_N2 = data[task].p.sample(samples, np.random.default_rng(0))
            parts[task, "p"] = _part([task, "p", "p", "", np.nan, 0.0, "exact"], of_p_N2)
        parts[task, system] = _part([task, system, *known.loc[system]], outputs(job.run, decoder)[0])
    return pd.concat([pd.DataFrame(columns=COLUMNS), *parts.values()], ignore_index=True)


def _part(about: list[Any], points_N2: Any) -> pd.DataFrame:
    return pd.DataFrame([[*about, x, y] for x, y in points_N2], columns=COLUMNS)
