"""Marks: what each objective gains over its control."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from beyond_mle.report.figures import empty, legend, looks
from beyond_mle.report.style import PLOT_SETTINGS, difference_label


@matplotlib.rc_context(PLOT_SETTINGS)
def gain_marks(rows: pd.DataFrame) -> Figure:
    """A panel per metric, a row per objective, a mark per model.

    Args:
        rows: means of `gains.gains` by `Page.means`. A legend names the models if there are several.
    """
    metrics = list(rows.metric.unique())
    if not metrics:
        return empty()
    names = list(dict.fromkeys(rows.label))
    models = looks(rows.model.unique())
    width = 2.2 + min(2.5 * len(metrics), 7.6)
    figure = Figure(figsize=(width, 1.0 + 0.13 * (len(models) + 1) * len(names)))
    axes = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axis, metric in zip(axes, metrics, strict=True):
        for (model, look), shift in zip(models.items(), _offsets(len(models)), strict=True):
            own = rows[(rows.metric == metric) & (rows.model == model)]
            heights = [names.index(name) + shift for name in own.label]
            axis.errorbar(own["mean"], heights, xerr=own.sd, **{**look, "linestyle": "none"}, label=model)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set(xlabel=difference_label(metric).replace(" (", "\n("), ylim=(len(names) - 0.5, -0.5))
        axis.set_yticks(range(len(names)), names)
        axis.grid(axis="y", visible=False)
        for edge in range(1, len(names)):
            axis.axhline(edge - 0.5, color="#E5E5E5", linewidth=0.6)
    if len(models) > 1:
        legend(figure, axes)
    return figure


def _offsets(n: int) -> np.ndarray:
    """Where n marks stand in a row of height 1."""
    return (np.arange(n) - (n - 1) / 2) / (n + 1)
