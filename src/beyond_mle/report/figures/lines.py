"""Lines along a hyper-parameter: a panel per metric."""

import itertools
from itertools import cycle
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import Palette, empty, legend, looks
from beyond_mle.report.results import column
from beyond_mle.report.style import ORACLE, OTHER, PLOT_SETTINGS, difference_label, metric_label

COLUMNS = 3
"""Panels side by side."""
_DASHES = ("--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
_LABELS = {
    "order": "order k (0: the control)",
    "pi": "label prior π",
    "styles": "number of styles",
    "length": "mean length T (tokens)",
    "exponent": "predicted exponent β = T/(T − k)",
}


@matplotlib.rc_context(PLOT_SETTINGS)
def lines(
    rows: pd.DataFrame,
    along: str,
    line: str,
    levels: pd.DataFrame | None = None,
    palette: Palette | None = None,
    differences: bool = False,
) -> Figure:
    """A panel per metric, a line per value of a column: means along a hyper-parameter, with the sd over seeds.

    Args:
        rows: the columns metric, mean, sd, `along` and `line`.
        along: a column: what stands on the horizontal axis, with a tick at each of its values.
        line: a column: what tells lines apart.
        levels: rows without the hyper-parameter, of the same metrics; each objective is a horizontal line.
        palette: the colours of the objectives in `levels`.
        differences: whether the rows are differences from a control, such as `gains.gains` gives.
    """
    metrics = list((rows if levels is None or len(rows) else levels).metric.unique())
    if not metrics:
        return empty()
    figure, axes = _grid(len(metrics))
    styles = looks(rows[line].unique())
    for axis, metric in zip(axes, metrics, strict=True):
        if levels is not None:
            _level_lines(axis, levels[levels.metric == metric], palette or {})
        for name, own in rows[rows.metric == metric].groupby(line, sort=False):
            own = own.sort_values(along)
            axis.errorbar(own[along], own["mean"], own.sd, **styles[name], label=name)
        if differences:
            axis.axhline(0, color="black", linewidth=0.8)
        _axis_along(axis, along, sorted(rows[along].unique()))
        axis.set_ylabel(difference_label(metric) if differences else _LABELS.get(metric, metric_label(metric)))
    legend(figure, axes)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def by_order(rows: pd.DataFrame, palette: Palette) -> Figure:
    """Metrics against the order k, a row of panels per task; objectives without an order stand at k = 0.

    Args:
        rows: one model of `Page.means`, and the closed-form optimum.
        palette: the objectives' colours.
    """
    tasks, metrics = list(rows.task_label.unique()), list(rows.metric.unique())
    if not tasks:
        return empty()
    rows = rows.assign(order=column(rows, "order").fillna(0.0), sd=rows.sd.fillna(0.0))
    figure = Figure(figsize=(1.5 + 2.3 * len(metrics), 0.3 + 2.4 * len(tasks)))
    axes = figure.subplots(len(tasks), len(metrics), squeeze=False)
    handles: dict[str, Any] = {}
    for axis, (task, metric) in zip(axes.flat, itertools.product(tasks, metrics), strict=True):
        handles |= _order_panel(axis, rows[(rows.task_label == task) & (rows.metric == metric)], palette)
        axis.set_xlabel(f"order k, {task}")
        axis.set_ylabel(metric_label(metric))
    figure.legend(list(handles.values()), list(handles), loc="outside right upper")
    return figure


def _grid(n: int) -> tuple[Figure, list[Axes]]:
    """n panels, in rows of at most `COLUMNS`."""
    columns = min(n, COLUMNS)
    height = -(-n // columns)
    figure = Figure(figsize=(0.6 + 2.9 * columns if n > 1 else 6.0, 0.5 + 2.3 * height))
    axes = list(figure.subplots(height, columns, squeeze=False).flat)
    for axis in axes[n:]:
        axis.remove()
    return figure, axes[:n]


def _axis_along(axis: Axes, name: str, values: list[float]) -> None:
    """Ticks at the values of a hyper-parameter that has few, spaced so that none touch."""
    axis.set_xlabel(_LABELS.get(name, name))
    if name == "length":
        return
    if name == "order":
        axis.set_xscale("symlog", linthresh=0.25, linscale=0.5)
    elif name == "styles":
        axis.set_xscale("log", base=2)
    axis.set_xticks(values, [f"{value:.3g}" for value in values])
    axis.minorticks_off()


def _level_lines(axis: Axes, levels: pd.DataFrame, palette: Palette) -> None:
    for row, dash in zip(levels.itertuples(), cycle(_DASHES), strict=False):
        colour = palette.get(row.objective, OTHER)
        axis.axhline(row.mean, color=colour, linestyle=dash, label=row.label)
        if pd.notna(row.sd):
            axis.axhspan(row.mean - row.sd, row.mean + row.sd, color=colour, alpha=0.12, linewidth=0)


def _order_panel(axis: Axes, points: pd.DataFrame, palette: Palette) -> dict[str, Any]:
    """Draw one metric of one task; return what the legend shows."""
    handles: dict[str, Any] = {}
    for row in points[points.model != ORACLE].itertuples():
        style: dict[str, Any] = {"color": palette.get(row.objective, OTHER), "marker": "o", "markersize": 4}
        handles[row.objective] = axis.errorbar(row.order, row.mean, row.sd, linestyle="none", capsize=2, **style)
    closed = points[points.model == ORACLE].sort_values("order")
    if len(closed):
        (handles["closed-form optimum"],) = axis.plot(closed.order, closed["mean"], "k--", linewidth=1)
    return handles
