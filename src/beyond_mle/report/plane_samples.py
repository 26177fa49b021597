"""Where the σ of JS_π lies between those of KL[Q‖P] and KL[P‖Q], over a sample of mixtures."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
from scipy import stats

from beyond_mle.jobs import Job
from beyond_mle.runs import Run
from beyond_mle.tasks.plane_mixtures import MixturesData
from beyond_mle.yardsticks.width import covering, like_ml, sigmas

_COLUMNS = ["pi", "mixture_seed", "sigma", "covering", "seeking", "position", "like_ml"]


def positions(
    jobs: Iterable[Job], outputs: Callable[[Run, str], list[list[Any]]], data: Mapping[str, MixturesData]
) -> pd.DataFrame:
    """Every mixture of a sample for every π.

    Args:
        jobs: those by the objective `js` whose control is KL[Q‖P] are read.
        outputs: of a run and a decoder.
        data: the samples, by the labels of their tasks.

    Returns:
        `pi`, `mixture_seed`, `sigma`, `covering` and `seeking`, the σ of KL[P‖Q] and of KL[Q‖P]; `position`, 1 where
        σ is the former and 0 where it is the latter; `like_ml`, whether it is nearer to the former.
    """
    parts = [pd.DataFrame(columns=_COLUMNS)]
    for job in jobs:
        run = job.run
        if run.task.label in data and run.objective.name == "js" and run.control is not None:
            cases, decoder = data[run.task.label].cases, run.decoders[0].label
            sigma_M, seeking_M = (sigmas(outputs(one, decoder)) for one in (run, run.control))
            covering_M = covering(cases)
            own = {
                "pi": job.objective.options.pi,
                "mixture_seed": [case.p.options.mixture_seed for case in cases],
                "sigma": sigma_M,
                "covering": covering_M,
                "seeking": seeking_M,
                "position": (sigma_M - seeking_M) / (covering_M - seeking_M),
                "like_ml": like_ml(sigma_M, covering_M, seeking_M),
            }
            parts.append(pd.DataFrame(own))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each π the share in % of the mixtures that are `like_ml`, with Wilson's 95 % interval.

    Args:
        rows: of `positions`.

    Returns:
        `pi`, `share`, `low`, `high`.
    """
    found = []
    for pi, own in rows.groupby("pi"):
        test = stats.binomtest(int(own.like_ml.sum()), len(own))
        low, high = test.proportion_ci(method="wilson")
        found.append((pi, 100 * test.statistic, 100 * low, 100 * high))
    return pd.DataFrame(found, columns=["pi", "share", "low", "high"])
