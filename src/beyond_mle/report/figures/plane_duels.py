"""Figures of adversarial training in the plane, from the tables of `report.duels`."""

from itertools import chain
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, Palette, empty, legend, panels
from beyond_mle.report.style import OTHER, TRUTH

_STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "exact-optimum": ("js", {"linestyle": "-", "marker": "o"}),
    "exact-descent": ("js", {"linestyle": "--", "marker": "^"}),
    "isotropic-gaussian": ("js-adversarial", {"linestyle": "-", "marker": "s"}),
    "plane-generator": ("js-adversarial", {"linestyle": ":", "marker": "D"}),
}
"""Every model that has a π: the objective whose colour it has, and what else tells it apart."""
_PANELS = {
    "kl": "KL[P‖Q], exact (nats)",
    "kl-kernel": "KL[P‖Q], kernel estimate (nats)",
    "coverage": "share of heavy components",
    "quality": "mean log p of samples (nats)",
}
_TICKS = {0.01: "0.01", 0.1: "0.1", 0.5: "½", 0.9: "0.9", 0.99: "0.99"}


@matplotlib.rc_context(PLOT_SETTINGS)
def along_pi(table: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """KL[P‖Q], coverage and quality over π on one mixture: a line per model through its means, a dot per seed.

    The exact divergence and its kernel estimate, of models without a density, are apart; the estimate of p itself, a
    dotted line, is what the estimate has too much. A run that diverged has no dot.

    Args:
        table: of `duels.competitors` and `duels.of_p`, one mixture.
        palette: the objectives' colours.
        title: says what to see.
    """
    if table.empty:
        return empty()
    figure, grid = panels(title, 2, 2, height=2.2, sharex=True)
    handles: dict[str, Artist] = {}
    for axis, (metric, label) in zip(chain(*grid), _PANELS.items(), strict=True):
        own = table[table.metric == metric]
        for model, (objective, look) in _STYLES.items():
            values = own[own.model == model]
            if len(values):
                handles[model] = _line(axis, values, {"color": palette.get(objective, OTHER), **look})
        if metric == "kl-kernel":
            for value in own[own.model == "p"].value:
                handles["p itself: the bias of the estimate"] = axis.axhline(value, color=TRUTH, linestyle="-.")
        axis.set(title=label, xscale="logit")
        axis.set_xticks(list(_TICKS), list(_TICKS.values()))
        axis.minorticks_off()
    grid[0][0].set_yscale("log")
    grid[0][1].set_ylim(0, None)
    for axis in grid[1]:
        axis.set_xlabel("label prior π")
    legend(figure, handles)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def samples(points: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """Samples of each model over those of p: a row per model, a column per π.

    Args:
        points: of `duels.drawn`, one mixture.
        palette: the objectives' colours.
        title: says what to see.
    """
    of_p, own = points[points.model == "p"], points[points.model != "p"]
    models, pis = [model for model in _STYLES if model in set(own.model)], sorted(own.pi.unique())
    if not models:
        return empty()
    figure, grid = panels(title, len(models), len(pis), height=1.6, sharex=True, sharey=True)
    for model, line in zip(models, grid, strict=True):
        for pi, axis in zip(pis, line, strict=True):
            shown = own[(own.model == model) & (own.pi == pi)]
            axis.scatter(of_p.x, of_p.y, s=2, color=OTHER, linewidths=0)
            axis.scatter(shown.x, shown.y, s=2, color=palette.get(_STYLES[model][0], OTHER), linewidths=0)
            axis.set_aspect("equal")
            axis.grid(visible=False)
        line[0].set_ylabel(model)
    for pi, axis in zip(pis, grid[0], strict=True):
        axis.set_title(rf"$\pi$ = {pi:g}")
    return figure


def _line(axis: Axes, values: pd.DataFrame, look: dict[str, Any]) -> Artist:
    """The mean over seeds as a line, and each seed's value as a dot."""
    mean = values.groupby("pi").value.mean()
    (drawn,) = axis.plot(mean.index, mean, markersize=4, markeredgewidth=0, **look)
    axis.scatter(values.pi, values.value, s=8, color=look["color"], alpha=0.6, linewidths=0)
    return drawn
