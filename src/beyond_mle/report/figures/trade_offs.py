"""Two metrics that are traded for each other: curves along a hyper-parameter, every mark with its name beside it."""

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, Palette, beside, empty, panels
from beyond_mle.report.figures.seeds import limits
from beyond_mle.report.style import COLOURS, OTHER, TRUTH, metric_label

_LEAST, _PER_MARK = 1.9, 0.165
"""Inches: the height of a panel, and what each name takes of it."""
P = "p"
"""The curve that is p itself."""


@matplotlib.rc_context(PLOT_SETTINGS)
def trade_offs(rows: pd.DataFrame, palette: Palette, title: str, equal: bool = False) -> Figure:
    """A panel per family: a mark for each mean, a dot for each seed, means joined along a hyper-parameter.

    The curves of decoders are dashed, their marks hollow; p is a star.

    Args:
        rows: of `trade_offs.trade_off` or `trade_offs.beside_twins`.
        palette: the objectives' colours.
        title: says what to see.
        equal: whether to draw the line on which both metrics are equal.
    """
    families = list(rows.family.unique())
    if not families:
        return empty()
    own = {family: rows[rows.family == family] for family in families}
    heights = [
        max(_LEAST, 0.5 + _PER_MARK * one.groupby(["curve", "at"], dropna=False).ngroups) for one in own.values()
    ]
    figure, grid = panels(title, len(families), 1, sum(heights) / len(heights), height_ratios=heights)
    for (axis,), (family, one) in zip(grid, own.items(), strict=True):
        axis.set_title(family)
        axis.set(xlabel=metric_label(rows.across.iloc[0]), ylabel=metric_label(rows.metric.iloc[0]))
        axis.set_xlim(limits(one.x))
        axis.set_ylim(limits(one.y))
        if equal:
            axis.axline((0, 0), slope=1, color=OTHER, linewidth=0.8)
        names = [name for _, curve in one.groupby("curve", sort=False) for name in _curve(axis, curve, palette)]
        figure.draw_without_rendering()  # places the panels, between which names stand
        beside(figure, axis, names)
    return figure


def _curve(axis: Axes, seeds: pd.DataFrame, palette: Palette) -> list[tuple[float, float, str, str]]:
    """Draw one curve; where its marks are, their names and their colour."""
    first = seeds.iloc[0]
    is_twin = first.curve not in (first.objective, P)
    # The palette's MLE is as light as befits what others start from; here it stands for itself.
    colour = {P: TRUTH, "mle": COLOURS["mle"]}.get(first.curve, palette.get(first.objective, OTHER))
    look: dict[str, Any] = {"marker": "*" if first.curve == P else "o", "markersize": 8 if first.curve == P else 5}
    look |= {"linestyle": "--", "markerfacecolor": "white"} if is_twin else {"markeredgewidth": 0}
    means = seeds.groupby("at", dropna=False)[["x", "y"]].mean()
    axis.scatter(seeds.x, seeds.y, s=8, color=colour, alpha=0.5, linewidths=0)
    axis.plot(means.x, means.y, color=colour, **look)
    return [
        (x, y, first.curve if np.isnan(at) else f"{first.curve}, {at:g}", colour) for at, x, y in means.itertuples()
    ]
