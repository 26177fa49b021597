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

# Colours of Okabe and Ito, which every colour vision can tell apart, and then of Tol. MLE is grey: light where others
# start from it (stage 1), dark where it goes on as their control.
COLOURS = {
    "mle": "#595959",
    "convex-exp": "#0072B2",
    "convex-power": "#D55E00",
    "convex-pure": "#009E73",
    "scheduled-sampling": "#CC79A7",
    "js": "#E69F00",
    "js-adversarial": "#882255",
    "reverse-kl": "#56B4E9",
}
"""Kind of objective → its colour, the same on all pages. A darker shade is more of it: see `shade`."""
_FURTHER_COLOURS = ("#332288", "#999933", "#8C564B")
TRUTH = "#000000"
"""For what follows from p."""
OTHER = "#B0B0B0"
"""For objectives that the study does not train, and for data."""

ORACLE = "oracle"
"""The model that is p itself, or follows from it in closed form: reference rows."""
_FURTHER = {
    metric.name: metric
    for metric in (
        Metric("comet", "", "higher", 2),
        Metric("speed-up", "", None, 1),
        Metric("effective-share", "%", None, 1),
        Metric("d-ss", "nats"),
        Metric("dependence-kept", "%", None, 2),
    )
}
"""Metrics that no yardstick measures: of other environments, of the machine, of mathematics."""
_BOUND_SIGNS = {
    **dict.fromkeys(("nll", "nll-token", "nll-importance", "diffusion-nll", "diffusion-nll-token", "kl"), "≤"),
    "reverse-kl": "≥",
}
ALWAYS_TOLD = ("order", "pi", "epsilon", "alpha")
"""The hyper-parameters that labels always have; others where they tell something apart."""
_SYMBOLS = {"order": "k", "pi": "π", "epsilon": "ε", "alpha": "α", "temperature": "τ", "decoder.order": "k"}
"""How labels write hyper-parameters; others by their names."""


def palette(jobs: Iterable[Job]) -> dict[str, str]:
    """A colour per objective, by its name: that of its kind; what others start from has the lighter shade."""
    trained = [job for job in jobs if job.run.model.name != ORACLE]
    starts = {job.run.start_from.objective.name for job in trained if job.run.start_from}
    kinds = {job.run.objective.name: job.objective.kind for job in trained}
    unknown = [kind for kind in dict.fromkeys(kinds.values()) if kind not in COLOURS]
    further = dict(zip(unknown, itertools.cycle(_FURTHER_COLOURS), strict=False))
    colours = {name: COLOURS.get(kind) or further[kind] for name, kind in kinds.items()}
    return {name: _mixed(colour, 0) if name in starts else colour for name, colour in colours.items()}


def shade(colour: str, order: float | None = None, pi: float | None = None) -> str:
    """A colour, the darker the larger the order k or the prior π, on every page the same; as it is without either.

    >>> shade("#0072B2"), shade("#0072B2", order=0), shade("#0072B2", pi=1)
    ('#0072B2', '#99c7e0', '#004c77')
    """
    if order is not None and not math.isnan(order):
        return _mixed(colour, 1 - 2**-order)
    if pi is not None and not math.isnan(pi):
        return _mixed(colour, pi)
    return colour


def _mixed(colour: str, amount: float) -> str:
    """Mostly white at 0, the colour itself at 2/3, a third black at 1."""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    light, dark = max(0, 0.6 - 0.9 * amount), min(1, 5 / 3 - amount)
    return "#" + "".join(f"{round((255 * light + part * (1 - light)) * dark):02x}" for part in rgb)


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


def signed(text: str) -> str:
    """A printed number with its sign, also where that is a plus.

    >>> signed("1.5"), signed("−1.5")
    ('+1.5', '−1.5')
    """
    return text if text.startswith("−") else f"+{text}"


def difference_label(name: str) -> str:
    """What the difference of two values of a metric is called, with the unit."""
    return f"{'gain in' if metric(name).better == 'higher' else 'change of'} {metric_label(name)}"
