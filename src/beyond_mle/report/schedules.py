"""ε over steps, as the schedules of scheduled sampling say it; what was logged is in `curves`."""

from collections.abc import Iterable

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.curves import COLUMNS, named_by

POINTS = 100
"""Steps per schedule, besides the first."""
QUANTITY = "epsilon-formula"


def schedules(jobs: Iterable[Job]) -> pd.DataFrame:
    """ε, the probability that the model is shown the true token, at evenly spaced steps of each run with a schedule.

    Returns:
        The columns `COLUMNS`; the quantity is `QUANTITY`.
    """
    rows = []
    for job in jobs:
        options = job.objective.options
        if not hasattr(options, "epsilon"):
            continue
        steps = job.solver.options.steps
        for step in sorted({round(steps * i / POINTS) for i in range(POINTS + 1)}):
            rows.append([*named_by(job), step, QUANTITY, options.epsilon(step)])
    return pd.DataFrame(rows, columns=COLUMNS)
