"""Bars: one metric of every system of a task, side by side, with what the paper prints."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from beyond_mle.report.figures import PLOT_SETTINGS, SMALL, Palette, colours, empty, legend, panels, seeds
from beyond_mle.report.style import ORACLE, metric_label, number

READING = (
    "Bars and numbers: means over seeds. Dots: seeds. Lines: 95 % intervals over seeds, their variances moderated."
)
_GAP = 0.6
"""Between groups of bars, in bars."""


@matplotlib.rc_context(PLOT_SETTINGS)
def bars(rows: pd.DataFrame, palette: Palette, title: str, group: str, label: str | None = None) -> Figure:
    """A row of panels per task, a column per metric; a group of bars per model or decoder, a bar per objective.

    A bar ends at the mean over seeds, which is written beside it; dots are seeds, a black tick is the paper's number.
    What follows from p is hatched.

    Args:
        rows: of `Page.beside_paper`, of one number per seed, group and objective.
        palette: the objectives' colours.
        title: says what to see.
        group: a column: what groups of bars are named after.
        label: of the horizontal axis; by default the metric.
    """
    if rows.empty:
        return empty()
    tasks, metrics = list(rows.task_label.unique()), list(rows.metric.unique())
    placed = {task: _placed(rows[rows.task_label == task], group) for task in tasks}
    heights = [0.85 + 0.19 * (own.height.max() + 1) for own in placed.values()]
    ratios = {"height_ratios": heights}
    figure, grid = panels(
        title, len(tasks), len(metrics), sum(heights) / len(tasks), sharey="row", sharex="col", **ratios
    )
    for line, (task, own) in zip(grid, placed.items(), strict=True):
        for axis, metric in zip(line, metrics, strict=True):
            _panel(axis, own[own.metric == metric], colours(rows, palette))
            axis.set_xlabel(label or metric_label(metric))
        middles = own.groupby("group", sort=False).height.agg(lambda heights: (heights.min() + heights.max()) / 2)
        line[0].set_yticks(middles, middles.index)
        line[0].set_ylim(own.height.max() + 0.7, -0.7)
        line[0].set_title(task)
    for axis, metric in zip(grid[0], metrics, strict=True):
        values = rows[rows.metric == metric]
        axis.set_xlim(min(0, *values.value), seeds.limits(values.value, 0)[1])
    legend(figure, _handles(rows, palette, group))
    return figure


def _placed(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """The rows of one task with the names of their groups and the heights of their bars, from 0 downwards."""
    rows = rows.assign(group=rows[group].where(rows.model != ORACLE, rows.label))
    place = {name: i for i, name in enumerate(dict.fromkeys(rows.group))}
    found = rows[["group", "label"]].drop_duplicates()
    found = found.sort_values("group", key=lambda names: names.map(place), kind="stable")
    gap = 0.0 if group == "label" else _GAP
    heights = [i + gap * place[name] for i, name in enumerate(found.group)]
    return rows.merge(found.assign(height=heights), on=["group", "label"])


def _panel(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """The bars of one metric of one task."""
    of_p: dict[str, Any] = {"color": "white", "edgecolor": "black", "hatch": "////", "linewidth": 0.8}
    for height, own in rows.groupby("height"):
        first, mean = own.iloc[0], own.value.mean()
        axis.barh(height, mean, height=0.85, **(of_p if first.model == ORACLE else {"color": colours[first.label]}))
        text: dict[str, Any] = {"xycoords": axis.get_yaxis_transform(), "verticalalignment": "center"}
        axis.annotate(number(mean, first.metric), (1.02, height), fontsize=SMALL, **text)
    seeds.draw(axis, rows[rows.model != ORACLE], dict.fromkeys(colours, "black"), marker="")
    printed = rows[rows.paper.notna()].drop_duplicates("height")
    for colour, width in (("white", 4), ("black", 2)):
        axis.vlines(printed.paper, printed.height - 0.42, printed.height + 0.42, color=colour, linewidth=width)
    axis.set(ylabel="")
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)


def _handles(rows: pd.DataFrame, palette: Palette, group: str) -> dict[str, Artist]:
    """What the legend shows; bars that are named on the axis need none."""
    trained = rows[rows.model != ORACLE]
    named = {} if group == "label" else colours(trained, palette)
    handles: dict[str, Artist] = {name: Patch(color=colour) for name, colour in named.items()}
    if len(trained) < len(rows):
        handles["follows from p"] = Patch(facecolor="white", edgecolor="black", hatch="////")
    if rows.paper.notna().any():
        handles["the paper, on its own data"] = Line2D(
            [], [], color="black", marker="|", markersize=9, markeredgewidth=2, linestyle="none"
        )
    return handles
