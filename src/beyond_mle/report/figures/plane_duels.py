"""Figures of adversarial training in the plane, from the tables of `report.duels`."""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import empty
from beyond_mle.report.style import PLOT_SETTINGS

_STYLES = {
    "exact-optimum": {"color": "#000000", "linestyle": "-"},
    "exact-descent": {"color": "#009E73", "linestyle": "--"},
    "isotropic-gaussian": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "plane-generator": {"color": "#D55E00", "marker": "s", "linestyle": "-"},
}
"""Every model that has a π."""
_PANELS = {
    "kl": "KL[P‖Q] (nats)",
    "reverse-kl": "KL[Q‖P] (nats)",
    "coverage": "covered share of heavy components",
    "quality": "mean log p of samples (nats)",
}
_DATA = "#B0B0B0"


@matplotlib.rc_context(PLOT_SETTINGS)
def along_pi(table: pd.DataFrame) -> Figure:
    """KL both ways, coverage and quality over π on one mixture: a line per model, a mark per seed.

    A model without a density is shown by its kernel estimates. A run that diverged has no mark.

    Args:
        table: of `duels.competitors`, one mixture.
    """
    figure = Figure(figsize=(7.6, 5.4))
    axes = figure.subplots(2, 2, sharex=True)
    for axis, (metric, label) in zip(axes.flat, _PANELS.items(), strict=True):
        for model in _STYLES:
            _line(axis, table[table.model == model], metric)
        axis.set(title=label, xscale="logit")
        axis.xaxis.set_minor_formatter("")
    axes[0, 0].set_yscale("log")
    axes[0, 1].set_yscale("log")
    figure.supxlabel(r"label prior $\pi$", fontsize=9)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def samples(points: pd.DataFrame) -> Figure:
    """Samples of each model over those of p: a row per model, a column per π.

    Args:
        points: of `duels.drawn`, one mixture.
    """
    of_p, own = points[points.model == "p"], points[points.model != "p"]
    models, pis = [model for model in _STYLES if model in set(own.model)], sorted(own.pi.unique())
    if not models:
        return empty()
    figure = Figure(figsize=(2.5 * len(pis), 2.5 * len(models) + 0.3))
    axes = figure.subplots(len(models), len(pis), sharex=True, sharey=True, squeeze=False)
    for model, line in zip(models, axes, strict=True):
        for pi, axis in zip(pis, line, strict=True):
            shown = own[(own.model == model) & (own.pi == pi)]
            axis.scatter(of_p.x, of_p.y, s=2, color=_DATA, linewidths=0)
            axis.scatter(shown.x, shown.y, s=2, color=_STYLES[model]["color"], linewidths=0)
            axis.set_aspect("equal")
            axis.grid(visible=False)
        line[0].set_ylabel(model)
    for pi, axis in zip(pis, axes[0], strict=True):
        axis.set_title(rf"$\pi$ = {pi:g}")
    return figure


def _line(axis: Axes, rows: pd.DataFrame, metric: str) -> None:
    """The mean over seeds as a line, and each seed's value as a faint mark."""
    own = rows[rows.metric == metric]
    shown = own if len(own) else rows[rows.metric == f"{metric}-kernel"]
    for model, values in shown.groupby("model"):
        style = _STYLES[model]
        label = model if len(own) else f"{model} (kernel estimate)"
        mean = values.groupby("pi").value.mean()
        axis.plot(mean.index, mean, color=style["color"], linestyle=style["linestyle"], label=label)
        axis.scatter(values.pi, values.value, s=14, color=style["color"], marker=style.get("marker", "."), alpha=0.6)
