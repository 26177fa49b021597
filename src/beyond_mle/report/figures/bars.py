"""Bars: one metric of every system of a task, side by side."""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import Palette, empty
from beyond_mle.report.style import ORACLE, OTHER, PLOT_SETTINGS, metric_label


@matplotlib.rc_context(PLOT_SETTINGS)
def bars(rows: pd.DataFrame, palette: Palette, label: str | None = None) -> Figure:
    """A panel per task and model, a bar per objective with its sd over seeds; reference rows are hatched.

    Args:
        rows: one metric of `Page.means`. Reference rows are drawn in every panel of their task.
        palette: the objectives' colours.
        label: of the horizontal axis; by default the rows' metric.
    """
    panels = list(rows[rows.model != ORACLE].groupby(["task_label", "model"], sort=False).groups)
    if not panels:
        return empty()
    label = label or metric_label(rows.metric.iloc[0])
    shown = [rows[(rows.task_label == task) & rows.model.isin([model, ORACLE])] for task, model in panels]
    most = max(len(panel) for panel in shown)
    figure = Figure(figsize=(1.2 + 3.2 * len(panels), 1.0 + 0.3 * most))
    axes = figure.subplots(1, len(panels), sharex=True, squeeze=False)[0]
    for axis, (task, model), panel in zip(axes, panels, shown, strict=True):
        _panel(axis, panel, palette)
        axis.set_ylim(most - 0.4, -0.6)
        axis.set_title(f"{model}\n{task}")
        axis.set_xlabel(label)
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, palette: Palette) -> None:
    colours = [palette.get(name, OTHER) for name in rows.objective]
    heights = range(len(rows))
    drawn = axis.barh(heights, rows["mean"], xerr=rows.sd, color=colours, height=0.65, capsize=2)
    axis.set_yticks(heights, _names(rows))
    for bar, model in zip(drawn, rows.model, strict=True):
        if model == ORACLE:
            bar.set(facecolor="white", edgecolor="black", hatch="////")
    axis.grid(axis="y", visible=False)


def _names(rows: pd.DataFrame) -> list[str]:
    """The objectives; where one of them stands several times, with the decoder."""
    several = rows.duplicated(["model", "label"], keep=False)
    return list(rows.label.where(~several, rows.label + ", " + rows.decoder_label))
