"""Lines along a hyper-parameter: a panel per metric."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, Palette, beside, empty, markers, panels
from beyond_mle.report.figures.seeds import interval, limits
from beyond_mle.report.style import OTHER, difference_label, metric_label, shade

READING = "Marks: means over seeds. Dots: seeds. Upright lines: 95 % intervals over seeds, their variances moderated."
_LABELS = {
    "order": "order k (0: the control)",
    "styles": "number of styles",
    "length": "mean length T (tokens)",
    "samples": "draws M for each item",
    "components": "components K of the proposal",
}


@matplotlib.rc_context(PLOT_SETTINGS)
def lines(
    rows: pd.DataFrame,
    along: str,
    line: str,
    palette: Palette,
    title: str,
    differences: bool = False,
    logarithmic: bool = False,
) -> Figure:
    """A panel per metric, a line per value of a column: means along a hyper-parameter, a dot per seed, intervals.

    Args:
        rows: of `Page.seeds`, or of `Page.gains`.
        along: a column: what stands on the horizontal axis.
        line: a column: what tells lines apart; its values stand beside the last points.
        palette: the objectives' colours.
        title: says what to see.
        differences: whether the rows are differences from a control.
        logarithmic: whether values, all above 0, are drawn by their orders of magnitude.
    """
    metrics = list(rows.metric.unique())
    if not metrics:
        return empty()
    figure, grid = panels(title, len(metrics), height=1.75, sharex=True)
    looks = _looks(rows, along, line, palette)
    for (axis,), metric in zip(grid, metrics, strict=True):
        own = rows[rows.metric == metric]
        _axis_along(axis, along, sorted(rows[along].unique()))
        if logarithmic:
            axis.set_yscale("log", nonpositive="clip")
            axis.set_ylim(own.value.min() / 1.5, own.value.max() * 1.5)
        else:
            axis.set_ylim(limits(own.value, *((0,) if differences else ())))
        axis.set_title(difference_label(metric) if differences else metric_label(metric))
        if differences:
            axis.axhline(0, color="black", linewidth=0.8)
        found = {name: own[own[line] == name] for name in looks}
        ends = [(*_line(axis, seeds, along, looks[name]), name) for name, seeds in found.items() if len(seeds)]
        beside(figure, axis, [(x, y, str(name), looks[name]["color"]) for x, y, name in ends])
    grid[-1][0].set_xlabel(_LABELS.get(along, along))
    return figure


def _looks(rows: pd.DataFrame, along: str, line: str, palette: Palette) -> dict[Any, dict[str, Any]]:
    """Marker and colour of each line: the colour of its objective, shaded unless the order is the axis."""
    looks: dict[Any, dict[str, Any]] = {}
    for name, marker in markers(rows[line]).items():
        last = rows[rows[line] == name].sort_values(along).iloc[-1]
        order = None if along == "order" else last.get("order")
        colour = shade(palette.get(last.objective, OTHER), order)
        looks[name] = {"color": colour, "marker": marker, "markerfacecolor": "white" if len(looks) % 2 else colour}
    return looks


def _line(axis: Axes, rows: pd.DataFrame, along: str, look: dict[str, Any]) -> tuple[float, float]:
    """Draw one line; return its last point."""
    at = rows.groupby(along).value
    means, ends = at.mean(), at.agg(interval(at))
    axis.plot(means.index, means, markersize=5, **look)
    axis.vlines(means.index, ends.str[0], ends.str[1], color=look["color"], linewidth=0.9, alpha=0.7)
    dots: dict[str, Any] = {"s": 12, "color": look["color"], "alpha": 0.6, "linewidths": 0}
    axis.scatter(rows[along], rows.value, **dots)
    return means.index[-1], means.iloc[-1]


def _axis_along(axis: Axes, name: str, values: list[float]) -> None:
    """Ticks at the values of a hyper-parameter that has few, spaced so that none touch."""
    if name == "length":
        return
    if name == "order":
        axis.set_xscale("symlog", linthresh=0.25, linscale=0.5)
    elif name in ("styles", "samples", "components"):
        axis.set_xscale("log", base=2)
    axis.set_xticks(values, [f"{value:.4g}" for value in values])
    axis.minorticks_off()
