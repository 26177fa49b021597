"""Marks: what was measured of each objective, a row each."""

import textwrap
from itertools import chain

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from beyond_mle.report.figures import DARK, PLOT_SETTINGS, Palette, colours, empty, legend, markers, panels, seeds
from beyond_mle.report.style import difference_label, metric_label

READING = "Marks: means over seeds. Dots: seeds. Lines: 95 % intervals over seeds, their variances moderated."
_LABEL_LENGTH = 22


@matplotlib.rc_context(PLOT_SETTINGS)
def marks(rows: pd.DataFrame, palette: Palette, title: str, differences: bool = True, zero: bool = True) -> Figure:
    """A panel per metric, a row per objective, a mark per model.

    Args:
        rows: of `Page.gains`, or of `curves.effective_share`. A legend names the models if there are several.
        palette: the objectives' colours.
        title: says what to see.
        differences: whether the rows are differences from a control.
        zero: whether axes reach to 0.
    """
    metrics = list(rows.metric.unique())
    if not metrics:
        return empty()
    names, models = list(dict.fromkeys(rows.label)), markers(rows.model)
    shifts = dict(zip(models, _shifts(len(models)), strict=True))
    rows = rows.assign(height=rows.label.map(names.index) + rows.model.map(shifts))
    columns = min(2, len(metrics))
    height = 0.75 + (0.09 * len(models) + 0.11) * len(names)
    figure, grid = panels(title, -(-len(metrics) // columns), columns, height, sharey=True)
    for axis, metric in zip(chain(*grid), metrics, strict=False):
        own = rows[rows.metric == metric]
        for model, marker in models.items():
            seeds.draw(axis, own[own.model == model], colours(rows, palette), marker)
        axis.set_xlim(seeds.limits(own.value, *((0,) if zero else ())))
        axis.set_xlabel(textwrap.fill(difference_label(metric) if differences else metric_label(metric), _LABEL_LENGTH))
        _rows(axis, names)
        if differences:
            axis.axvline(0, color="black", linewidth=0.8)
    for axis in [*chain(*grid)][len(metrics) :]:
        axis.remove()
    if len(models) > 1:
        handles = {name: Line2D([], [], color=DARK, marker=m, linestyle="none") for name, m in models.items()}
        legend(figure, handles)
    return figure


def _rows(axis: Axes, names: list[str]) -> None:
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.set(ylim=(len(names) - 0.5, -0.5), ylabel="")
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)
    for edge in range(1, len(names)):
        axis.axhline(edge - 0.5, color="#E5E5E5", linewidth=0.6)


def _shifts(n: int) -> np.ndarray:
    """Where n marks stand in a row of height 1."""
    return (np.arange(n) - (n - 1) / 2) / (n + 1)
