"""One metric against another: how good samples are against how much they differ."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import MARKERS, PLOT_SETTINGS, SMALL, Palette, empty, legend, panels
from beyond_mle.report.figures.seeds import limits
from beyond_mle.report.frontier import TEMPERATURE
from beyond_mle.report.style import COLOURS, OTHER, metric_label

READING = "Marks: means over seeds, with τ or k beside them; τ = 0 is the search itself. Dots: seeds."
_BESIDE: dict[str, dict[str, Any]] = {
    TEMPERATURE: {"xytext": (4, 4)},
    "convex-exp": {"xytext": (-4, -5), "horizontalalignment": "right"},
}
"""Where the value of the hyper-parameter stands, in points from the mark."""


@matplotlib.rc_context(PLOT_SETTINGS)
def frontier(rows: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """A row per model, a column per metric of quality: curves over temperature and order, and points.

    A mark is a mean, a dot a seed; at temperature 0 stands the search that always takes the likeliest.

    Args:
        rows: of `frontier.frontier`.
        palette: the objectives' colours; the temperatures are those of a control.
        title: says what to see.
    """
    models, metrics = list(rows.model.unique()), list(rows.metric.unique())
    if not models:
        return empty()
    figure, grid = panels(title, len(models), len(metrics), 2.1, sharex=True)
    curves = dict(zip(rows.curve.unique(), MARKERS, strict=False))
    handles: dict[str, Artist] = {}
    for line, model in zip(grid, models, strict=True):
        for axis, metric in zip(line, metrics, strict=True):
            own = rows[(rows.model == model) & (rows.metric == metric)]
            for curve, points in own.groupby("curve", sort=False):
                colour = COLOURS["mle"] if curve == TEMPERATURE else palette.get(points.objective.iloc[0], OTHER)
                name = _name(curve, points)
                handles[name] = _curve(
                    axis, points, {"color": colour, "marker": curves[curve]}, _BESIDE.get(curve, _BESIDE[TEMPERATURE])
                )
            axis.set(title=model, ylabel=metric_label(metric))
            axis.set_xlim(limits(rows.x))
            axis.set_ylim(limits(own.y))
    for axis in grid[-1]:
        axis.set_xlabel(metric_label(rows.across.iloc[0]))
    legend(figure, handles)
    return figure


def _name(curve: str, points: pd.DataFrame) -> str:
    if curve == TEMPERATURE:
        return "MLE continued, at temperature τ"
    return f"{curve}, order k" if points["at"].notna().any() else curve


def _curve(axis: Axes, seeds: pd.DataFrame, look: dict[str, Any], beside: dict[str, Any]) -> Artist:
    """Means in the order of the hyper-parameter, joined, each with its value beside it."""
    means = seeds.groupby("at", dropna=False)[["x", "y"]].mean()
    (drawn,) = axis.plot(means.x, means.y, markersize=5, markeredgewidth=0, **look)
    axis.scatter(seeds.x, seeds.y, s=7, color=look["color"], alpha=0.6, linewidths=0)
    for at, x, y in means[means.index.notna()].itertuples():
        axis.annotate(f"{at:g}", (x, y), color=look["color"], textcoords="offset points", fontsize=SMALL, **beside)
    return drawn
