"""ε over steps, as the schedules of scheduled sampling say it; what was logged is in `curves`."""

from collections.abc import Iterable

import pandas as pd

from beyond_mle import config
from beyond_mle.report.curves import COLUMNS

POINTS = 100
"""Steps per schedule, besides the first."""
QUANTITY = "epsilon-formula"


def schedules(study: config.Study, runs: Iterable[config.Run]) -> pd.DataFrame:
    """ε, the probability that the model is shown the true token, at evenly spaced steps of each run with a schedule.

    Returns:
        The columns `COLUMNS`; the quantity is `QUANTITY`.
    """
    rows = []
    for run in runs:
        options = config.objective(study, run).options
        if not hasattr(options, "epsilon"):
            continue
        steps = study.training[run.training].steps
        for step in sorted({round(steps * i / POINTS) for i in range(POINTS + 1)}):
            rows.append([run.task, run.model, run.objective, run.seed, step, QUANTITY, options.epsilon(step)])
    return pd.DataFrame(rows, columns=COLUMNS)
