"""One metric against another: how good samples are against how much they differ."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import empty
from beyond_mle.report.style import PLOT_SETTINGS, metric_label

_CURVES = {
    "temperature": ("MLE continued, temperature", {"color": "#595959", "marker": "o"}),
    "convex-exp": ("convex-exp, order k", {"color": "#0072B2", "marker": "s"}),
}
_BESIDE = {"temperature": (4, 4), "convex-exp": (4, -10)}
"""Where the value of the hyper-parameter stands, in points from the mark."""
_POINTS = {
    "convex-power": {"color": "#D55E00", "marker": "^"},
    "convex-pure": {"color": "#009E73", "marker": "D"},
}
_OTHER_POINT = {"color": "#CC79A7", "marker": "v"}


@matplotlib.rc_context(PLOT_SETTINGS)
def frontier(rows: pd.DataFrame, x: str, y: str) -> Figure:
    """A panel per model: curves over temperature and order, with their values written beside them, and points.

    Args:
        rows: of `frontier.frontier`.
        x: the metric of the horizontal axis.
        y: the metric of the vertical axis.
    """
    systems = list(rows.groupby(["task_label", "model"], sort=False).groups)
    if not systems:
        return empty()
    figure = Figure(figsize=(max(6.0, 0.8 + 3.0 * len(systems)), 3.3))
    axes = figure.subplots(1, len(systems), squeeze=False)[0]
    handles: dict[str, Any] = {}
    for axis, (task, model) in zip(axes, systems, strict=True):
        for curve, own in rows[(rows.task_label == task) & (rows.model == model)].groupby("curve", sort=False):
            label, style = _CURVES.get(curve, (curve, _POINTS.get(curve, _OTHER_POINT)))
            handles[label] = _curve(axis, own.sort_values("at"), style)
        axis.set(title=model, xlabel=metric_label(x))
        axis.margins(0.12)
    axes[0].set_ylabel(metric_label(y))
    place = {"loc": "outside upper center", "ncols": 4} if len(systems) > 2 else {"loc": "outside right upper"}
    figure.legend(list(handles.values()), list(handles), **place)
    return figure


def _curve(axis: Axes, own: pd.DataFrame, style: dict[str, Any]) -> Any:
    """Points in the order of the hyper-parameter, joined, each with its value beside it."""
    drawn = axis.errorbar(own.x, own.y, own.y_sd, own.x_sd, markersize=4.5, capsize=2, elinewidth=0.8, **style)
    for row in own[own["at"].notna()].itertuples():
        place: dict[str, Any] = {
            "xytext": _BESIDE.get(row.curve, (4, 4)),
            "textcoords": "offset points",
            "fontsize": 7.5,
        }
        axis.annotate(f"{row.at:g}", (row.x, row.y), color=style["color"], **place)
    return drawn
