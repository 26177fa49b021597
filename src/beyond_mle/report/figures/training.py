"""Training logs: each objective in a panel of its own, or a line each in the same panel."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import Palette, empty, legend_handles
from beyond_mle.report.schedules import QUANTITY
from beyond_mle.report.style import OTHER, PLOT_SETTINGS

_LABELS = {
    "validation": "validation",
    "loss": "loss",
    "weight": "mean weight f′(g)",
    "effective_share": "effective share (%)",
    "gradient_norm": "norm of the gradient",
    "epsilon": "ε",
    QUANTITY: "ε",
    "reward": "reward",
    "discriminator_accuracy": "accuracy of the discriminator",
}
_LOGARITHMIC = {"weight", "gradient_norm"}
RANGE = 10
"""The least ratio of values that is drawn on a logarithmic axis."""
FEW = 10
"""A line of at most so many points shows them."""
_DASHES = ("-", "--", ":", "-.")


@matplotlib.rc_context(PLOT_SETTINGS)
def learning_curves(curves: pd.DataFrame, palette: Palette) -> Figure:
    """Validation (where there is one) and loss by step: a column per objective, a line per seed.

    Args:
        curves: one task and model of `read_curves`. Losses of different objectives do not compare, so each
            has its own axis; validations share theirs.
        palette: the objectives' colours.
    """
    objectives = list(dict.fromkeys(curves.objective))
    quantities = [name for name in ("validation", "loss") if (curves.quantity == name).any()]
    width, height = 1.0 + 1.9 * max(2, len(objectives)), 0.4 + 1.7 * len(quantities)
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(len(quantities), len(objectives), sharex="col", squeeze=False)
    for line, quantity in zip(axes, quantities, strict=True):
        for axis, objective in zip(line, objectives, strict=True):
            own = curves[(curves.objective == objective) & (curves.quantity == quantity)]
            _seeds(axis, own, palette.get(objective, OTHER), dots=quantity == "validation")
            if quantity == "validation" and axis is not line[0]:
                axis.sharey(line[0])
                axis.tick_params(labelleft=False)
        line[0].set_ylabel(quantity)
        line[0].autoscale(axis="y")
    for axis, objective in zip(axes[0], objectives, strict=True):
        axis.set_title(objective)
    for axis in axes[-1]:
        axis.set_xlabel("step")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def compare(curves: pd.DataFrame, palette: Palette, quantities: Sequence[str]) -> Figure:
    """A row per quantity, a column per model: the mean over seeds by step, a line per objective, with a band of ± sd.

    Args:
        curves: of `read_curves` and the like, on one task.
        palette: the objectives' colours; of two with the same colour the second line is dashed.
        quantities: those to show; one that nothing logged has no row.
    """
    shown = [name for name in quantities if (curves.quantity == name).any()]
    if not shown:
        return empty()
    models = list(dict.fromkeys(curves[curves.quantity.isin(shown)].model))
    looks = _looks(list(dict.fromkeys(curves.objective)), palette)
    figure = Figure(figsize=(3.0 + min(2.4 * len(models) + 1.2, 7.0), 0.6 + 2.0 * len(shown)))
    axes = figure.subplots(len(shown), len(models), sharex="col", sharey="row", squeeze=False)
    for line, quantity in zip(axes, shown, strict=True):
        for axis, model in zip(line, models, strict=True):
            _panel(axis, curves[(curves.quantity == quantity) & (curves.model == model)], looks)
            axis.set_yscale(_scale(quantity, curves[curves.quantity == quantity].value))
        line[0].set_ylabel(_LABELS.get(quantity, quantity))
    for axis, model in zip(axes[0], models, strict=True):
        axis.set_title(model)
    for axis in axes[-1]:
        axis.set_xlabel("step")
    handles = legend_handles(axes.flat)
    figure.legend(list(handles.values()), list(handles), loc="outside right upper")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def schedules(epsilon: pd.DataFrame, palette: Palette) -> Figure:
    """ε by step: a line from the formula of each objective, and dots where it was logged.

    Args:
        epsilon: of `schedules.schedules`, and the quantity `epsilon` of `read_curves`.
        palette: the objectives' colours.
    """
    if epsilon.empty:
        return empty()
    figure = Figure(figsize=(6.2, 2.8))
    axis = figure.subplots()
    for (objective, own), dash in zip(epsilon.groupby("objective", sort=False), cycle(_DASHES), strict=False):
        colour = palette.get(objective, OTHER)
        for quantity, rows in own.groupby("quantity", sort=False):
            mean, formula = rows.groupby("step").value.mean(), quantity == QUANTITY
            style: dict[str, Any] = (
                {"linestyle": dash, "label": objective} if formula else {"linestyle": "none", "marker": "."}
            )
            axis.plot(mean.index, mean, color=colour, **style)
    axis.plot([], [], ".", color="#595959", label="as logged")
    axis.set(xlabel="step", ylabel="ε, probability of the true word")
    figure.legend(loc="outside right upper")
    return figure


def _seeds(axis: Axes, own: pd.DataFrame, colour: str, *, dots: bool) -> None:
    """A line per seed."""
    marks: dict[str, Any] = {"marker": "o", "markersize": 2.5, "markeredgewidth": 0} if dots else {}
    for _, line in own.groupby("seed", sort=False):
        axis.plot(line.step, line.value, color=colour, alpha=0.75, **marks)
    axis.tick_params(axis="x", rotation=30)


def _looks(objectives: list[str], palette: Palette) -> dict[str, dict]:
    """Colour and dash of each objective."""
    used: dict[str, int] = {}
    looks = {}
    for name in objectives:
        colour = palette.get(name, OTHER)
        looks[name] = {"color": colour, "linestyle": _DASHES[used.get(colour, 0) % len(_DASHES)]}
        used[colour] = used.get(colour, 0) + 1
    return looks


def _panel(axis: Axes, rows: pd.DataFrame, looks: dict[str, dict]) -> None:
    for objective, own in rows.groupby("objective", sort=False):
        over_seeds = own.groupby("step").value.agg(["mean", "std"]).fillna({"std": 0.0})
        mean, sd = over_seeds["mean"], over_seeds["std"]
        marker = "." if len(mean) <= FEW else None
        axis.plot(mean.index, mean, label=objective, marker=marker, **looks[objective])
        axis.fill_between(mean.index, mean - sd, mean + sd, color=looks[objective]["color"], alpha=0.15, linewidth=0)


def _scale(quantity: str, values: pd.Series) -> str:
    """Logarithmic for quantities that can range over powers of ten, if they do."""
    ranges = 0 < values.min() < values.max() / RANGE
    return "log" if quantity in _LOGARITHMIC and ranges else "linear"
