"""How the report names and colours things: the same in every table and every figure."""

import functools
import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.metric import Metric
from beyond_mle.references import text
from beyond_mle.registry import YARDSTICKS
from beyond_mle.study import Study

# The palette of Okabe and Ito, which every colour vision can tell apart; greys are for the baselines.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_START, _CONTROL, _TRUTH = "#A6A6A6", "#595959", "#000000"
OTHER = "#D0D0D0"
"""For objectives that the study does not train."""

ORACLE = "oracle"
"""The model that is p itself, or follows from it in closed form: reference rows."""
_FURTHER = {
    metric.name: metric
    for metric in (
        Metric("comet", "", "higher", 2),
        Metric("speed-up", "", None, 1),
        Metric("d-ss", "nats"),
        Metric("dependence-kept", "%", None, 2),
    )
}
"""Metrics that no yardstick measures: of other environments, of the machine, of mathematics."""
_BOUND_SIGNS = {"nll": "≤", "nll-token": "≤", "kl": "≤", "reverse-kl": "≥"}
ALWAYS_TOLD = ("order", "pi", "epsilon", "alpha")
"""The hyper-parameters that labels always have; others where they tell something apart."""
_SYMBOLS = {"order": "k", "pi": "π", "epsilon": "ε", "alpha": "α", "temperature": "τ"}
"""How labels write hyper-parameters; others by their names."""

PLOT_SETTINGS: dict[Any, Any] = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "beyond-mle",
}
"""matplotlib's settings; the fixed hash salt makes equal figures equal files."""


def palette(jobs: Iterable[Job]) -> dict[str, str]:
    """A colour per objective, by its name and by the labels of its variants: grey for those that others start from or
    are compared with."""
    trained = [job.run for job in jobs if job.run.model.name != ORACLE]
    starts = {run.start_from.objective.name for run in trained if run.start_from}
    controls = {run.control.objective.name for run in trained if run.control}
    colours: dict[str, str] = {}
    fresh = iter(itertools.cycle(_COLOURS))
    for name in dict.fromkeys(run.objective.name for run in trained):
        grey = _START if name in starts else _CONTROL if name in controls else None
        colours[name] = grey or next(fresh)
    return colours | {run.objective.label: colours[run.objective.name] for run in trained}


def task_label(study: Study, task: str, values: Mapping[str, Any] | None = None) -> str:
    """A task's name with the values of its hyper-parameters, and with the data set of the paper that it stands for."""
    data = study.substitutes.get(task)
    label = named(task, values or {})
    return f"{label}, in place of {data}" if data else label


def named(name: str, values: Mapping[str, Any]) -> str:
    """A name with the values of some hyper-parameters, of those that there are.

    Args:
        name: of a task, an objective or a decoder.
        values: hyper-parameter → value, None or NaN where there is none.

    >>> named("convex-exp", {"order": 1.0, "average": "token", "pi": None})
    'convex-exp, k = 1, average = token'
    """
    told = [f"{_SYMBOLS.get(option, option)} = {text(value)}" for option, value in values.items() if not pd.isna(value)]
    return ", ".join([name, *told])


@functools.cache
def metric(name: str) -> Metric:
    """What is known of a metric; one that is not known has no unit and no better side."""
    for kind in YARDSTICKS:
        for own in YARDSTICKS[kind].metrics:
            if own.name == name:
                return own
    return _FURTHER.get(name, Metric(name))


def metric_label(name: str) -> str:
    """A metric's name with its unit, if it has one."""
    unit = metric(name).unit
    return f"{name} ({unit})" if unit else name


def bound_sign(name: str) -> str | None:
    """The sign before a metric computed from a lower bound of log q; None where that says nothing of the metric."""
    return "≥" if name.startswith("log-") else _BOUND_SIGNS.get(name)


def number(value: float | None, name: str) -> str:
    """A value of a metric as tables print it; "" for none.

    >>> number(-1.5, "log-p")
    '−1.500'
    """
    return fixed(value, metric(name).decimals)


def fixed(value: float | None, decimals: int) -> str:
    """A number with this many decimals; "" for none."""
    if value is None or math.isnan(value):
        return ""
    rounded = np.round(value, decimals) + 0.0  # numpy's rounding whatever the type of the value; no negative zero
    return f"{rounded:.{decimals}f}".replace("-", "−")


def difference_label(name: str) -> str:
    """What the difference of two values of a metric is called, with the unit."""
    return f"{'gain in' if metric(name).better == 'higher' else 'change of'} {metric_label(name)}"
