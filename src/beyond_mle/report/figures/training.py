"""Training logs: each objective in a panel of its own, or a line each in the same panel."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, Palette, beside, colours, empty, panels
from beyond_mle.report.schedules import QUANTITY

_DASHES = ("-", "--", ":", "-.")


@matplotlib.rc_context(PLOT_SETTINGS)
def learning_curves(
    curves: pd.DataFrame, palette: Palette, title: str, quantities: Sequence[str] = ("validation", "loss")
) -> Figure:
    """A row per objective: what was logged by step, of which there is any, a line per seed.

    Args:
        curves: one task and model of `read_curves`. Losses of different objectives do not compare, so each
            has its own axis; validations share theirs.
        palette: the objectives' colours.
        title: says what to see.
        quantities: a column each.
    """
    looks = colours(curves, palette)
    quantities = [name for name in quantities if (curves.quantity == name).any()]
    figure, grid = panels(title, len(looks), len(quantities), height=1.6, sharex="row")
    for line, (label, colour) in zip(grid, looks.items(), strict=True):
        for axis, quantity in zip(line, quantities, strict=True):
            _seeds(axis, curves[(curves.label == label) & (curves.quantity == quantity)], colour)
            axis.set(title=label, xlabel="step", ylabel=quantity.replace("_", " "))
            if quantity == "validation" and axis is not grid[0][0]:
                axis.sharey(grid[0][0])
    grid[0][0].autoscale(axis="y")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def schedules(epsilon: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """ε by step: a line from the formula of each objective, and dots where it was logged.

    Args:
        epsilon: of `schedules.schedules`, and the quantity `epsilon` of `read_curves`.
        palette: the objectives' colours.
        title: says what to see.
    """
    if epsilon.empty:
        return empty()
    figure, [[axis]] = panels(title, 1, height=2.4)
    looks, names = colours(epsilon, palette), []
    for (label, colour), dash in zip(looks.items(), cycle(_DASHES), strict=False):
        own = epsilon[epsilon.label == label].groupby(["quantity", "step"]).value.mean()
        for quantity, means in own.groupby("quantity"):
            line = means.droplevel("quantity")
            style: dict[str, Any] = (
                {"linestyle": dash} if quantity == QUANTITY else {"linestyle": "none", "marker": "."}
            )
            axis.plot(line.index, line, color=colour, **style)
            if quantity == QUANTITY:
                names.append((line.index[-1], line.iloc[-1], label, colour))
    axis.set(xlabel="step", ylabel="ε, probability of the true word")
    beside(figure, axis, names)
    return figure


def _seeds(axis: Axes, own: pd.DataFrame, colour: str) -> None:
    """A line per seed."""
    for _, line in own.groupby("seed", sort=False):
        axis.plot(line.step, line.value, color=colour, alpha=0.75, marker="o", markersize=2, markeredgewidth=0)
