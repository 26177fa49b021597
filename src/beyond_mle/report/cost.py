"""What training took: seconds on its device, as Snakemake's benchmarks have them."""

import math
from collections.abc import Iterable

import pandas as pd

from beyond_mle.layout import Layout
from beyond_mle.runs import Run


def seconds(layout: Layout, run: Run) -> float:
    """How long a run's device was held for its training, in its last session if it was resumed; nan if not recorded."""
    path = layout.benchmark(run.key)
    return float(pd.read_csv(path, sep="\t")["s"].iloc[0]) if path.exists() else math.nan


def in_words(trainings: Iterable[float]) -> str:
    """All of them together.

    >>> in_words([1800.0, 900.0])
    '45 device-minutes'
    >>> in_words([1.0, math.nan])
    'a time that was not recorded for 1 of 2 trainings'
    """
    known = list(trainings)
    missing = sum(map(math.isnan, known))
    if missing:
        return f"a time that was not recorded for {missing} of {len(known)} trainings"
    return f"{sum(known) / 60:.0f} device-minutes"
