"""How the report names and colours things: the same in every table and every figure."""

import math

from beyond_mle import config

# The palette of Okabe and Ito, which every colour vision can tell apart; greys are for the baselines.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_START, _CONTROL, _TRUTH = "#A6A6A6", "#595959", "#000000"
OTHER = "#D0D0D0"
"""For objectives that the study does not train."""

_OVERLAP = {"bleu", "bleu-tokenised", "chrf", "comet", "rouge1", "rouge2", "rougel"}
HIGHER_IS_BETTER = _OVERLAP | {"validity", "mode-hit", "log-p", "support-coverage"}
LOWER_IS_BETTER = {"nll", "kl", "reverse-kl", "js", "total-variation", "impossible", "repetition"}
_SHARES = {"validity", "mode-hit", "support-mass", "support-coverage", "impossible"}
_SHARES |= {"repetition", "distinct-1", "distinct-2"}
_PERCENT = _OVERLAP | _SHARES | {"self-bleu"}
_UNITS = dict.fromkeys(_SHARES, "%") | {
    "distinct-outputs": "per source",
    "log-p": "nats",
    "nll": "nats",
    "nll-token": "nats per token",
    "entropy": "nats per token",
    "sequence-entropy": "nats",
    "kl": "nats",
    "reverse-kl": "nats",
    "js": "nats",
    "log-q-mode": "nats",
}

PLOT_SETTINGS = {
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


def palette(study: config.Study) -> dict[str, str]:
    """A colour per objective; grey for those that others start from or are compared with."""
    colours = {name: _TRUTH for name in ("mode", "sample", "closed-form")}
    runs = list(config.runs(study))
    colours |= {run.control: _CONTROL for run in runs if run.control}
    colours |= {run.start_from: _START for run in runs if run.start_from}
    others = dict.fromkeys(run.objective for run in runs if run.objective not in colours)
    return colours | {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(others)}


def objective_label(objective: str, order: float | None) -> str:
    """An objective's name with its knob, if it has one that the name does not tell.

    >>> objective_label("convex-exp", 1.0)
    'convex-exp, k = 1'
    >>> objective_label("convex-exp-k3", 3.0)
    'convex-exp-k3'
    """
    told = order is None or math.isnan(order) or objective.endswith(f"-k{order:g}")
    return objective if told else f"{objective}, k = {order:g}"


def metric_label(metric: str) -> str:
    """A metric's name with its unit, if it has one."""
    return f"{metric} ({_UNITS[metric]})" if metric in _UNITS else metric


def task_label(study: config.Study, task: str) -> str:
    """A task's name, with the data set of the paper that it stands for."""
    data = study.substitutes.get(task)
    return f"{task}, in place of {data}" if data else task


def number(value: float | None, metric: str = "") -> str:
    """A number as tables print it: two decimals for percentages, one for speed-ups, three for others; "" for none.

    >>> number(-1.5, "log-p")
    '−1.500'
    """
    if value is None or math.isnan(value):
        return ""
    decimals = 2 if metric in _PERCENT else 1 if metric == "speed-up" else 3
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")  # + 0.0: no negative zero
