"""Figures of what knobs do: metrics over a knob, a line per model or system; and gains, a mark per model."""

from collections.abc import Iterable
from itertools import cycle

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from beyond_mle.report import style
from beyond_mle.report.figures import Palette, empty, legend_handles
from beyond_mle.report.style import OTHER, PLOT_SETTINGS, metric_label, objective_label

COLUMNS = 3
"""Panels side by side."""
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v", "P")
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
    knob: str,
    line: str,
    levels: pd.DataFrame | None = None,
    palette: Palette | None = None,
    differences: bool = False,
) -> Figure:
    """A panel per metric, a line per value of a column: means over the knob, with the sd over seeds.

    Args:
        rows: the columns metric, mean, sd, the knob and `line`.
        knob: a column: what stands on the horizontal axis, with a tick at each of its values.
        line: a column: what tells lines apart.
        levels: rows without the knob, of the same metrics; each objective is a horizontal line.
        palette: the colours of the objectives in `levels`.
        differences: whether the rows are differences from a control, such as `gains.gains` gives.
    """
    metrics = list((rows if levels is None or len(rows) else levels).metric.unique())
    if not metrics:
        return empty()
    figure, axes = _grid(len(metrics))
    styles = _styles(rows[line].unique())
    for axis, metric in zip(axes, metrics, strict=True):
        if levels is not None:
            _level_lines(axis, levels[levels.metric == metric], palette or {})
        for name, own in rows[rows.metric == metric].groupby(line, sort=False):
            own = own.sort_values(knob)
            axis.errorbar(own[knob], own["mean"], own.sd, **styles[name], label=name)
        if differences:
            axis.axhline(0, color="black", linewidth=0.8)
        _knob_axis(axis, knob, sorted(rows[knob].unique()))
        axis.set_ylabel(_difference(metric) if differences else _label(metric))
    _legend(figure, axes)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def gains(rows: pd.DataFrame) -> Figure:
    """What each objective gains over its control: a panel per metric, a row per objective, a mark per model.

    Args:
        rows: of `gains.gains` over seeds: the columns model, objective, order, metric, mean, sd. A legend names the
            models if there are several.
    """
    metrics = list(rows.metric.unique())
    if not metrics:
        return empty()
    named = rows.assign(name=[objective_label(row.objective, {"order": row.order}) for row in rows.itertuples()])
    names = list(dict.fromkeys(named.name))
    models = _styles(named.model.unique())
    width = 2.2 + min(2.5 * len(metrics), 7.6)
    figure = Figure(figsize=(width, 1.0 + 0.13 * (len(models) + 1) * len(names)))
    axes = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axis, metric in zip(axes, metrics, strict=True):
        for (model, look), shift in zip(models.items(), _offsets(len(models)), strict=True):
            own = named[(named.metric == metric) & (named.model == model)]
            heights = [names.index(name) + shift for name in own.name]
            axis.errorbar(own["mean"], heights, xerr=own.sd, **{**look, "linestyle": "none"}, label=model)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set(xlabel=_difference(metric).replace(" (", "\n("), ylim=(len(names) - 0.5, -0.5))
        axis.set_yticks(range(len(names)), names)
        axis.grid(axis="y", visible=False)
        for edge in range(1, len(names)):
            axis.axhline(edge - 0.5, color="#E5E5E5", linewidth=0.6)
    if len(models) > 1:
        _legend(figure, axes)
    return figure


def system(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a further column, system: the model with the objective and its order."""
    names = [f"{row.model}, {objective_label(row.objective, {'order': row.order})}" for row in rows.itertuples()]
    return rows.assign(system=pd.Series(names, index=rows.index, dtype=object))


def _grid(n: int) -> tuple[Figure, list[Axes]]:
    """n panels, in rows of at most `COLUMNS`."""
    columns = min(n, COLUMNS)
    height = -(-n // columns)
    figure = Figure(figsize=(0.6 + 2.9 * columns if n > 1 else 6.0, 0.5 + 2.3 * height))
    axes = list(figure.subplots(height, columns, squeeze=False).flat)
    for axis in axes[n:]:
        axis.remove()
    return figure, axes[:n]


def _styles(names: Iterable[str]) -> dict[str, dict]:
    """How each line is drawn, in order of appearance."""
    looks = zip(names, cycle(_COLOURS), cycle(_MARKERS), strict=False)
    return {
        name: {"color": colour, "marker": marker, "markersize": 4.5, "capsize": 2} for name, colour, marker in looks
    }


def _offsets(n: int) -> np.ndarray:
    """Where n marks stand in a row of height 1."""
    return (np.arange(n) - (n - 1) / 2) / (n + 1)


def _knob_axis(axis: Axes, knob: str, values: list[float]) -> None:
    """Ticks at the values of a knob that has few, spaced so that none touch."""
    axis.set_xlabel(_LABELS.get(knob, knob))
    if knob == "length":
        return
    if knob == "order":
        axis.set_xscale("symlog", linthresh=0.25, linscale=0.5)
    elif knob == "styles":
        axis.set_xscale("log", base=2)
    axis.set_xticks(values, [f"{value:.3g}" for value in values])
    axis.minorticks_off()


def _level_lines(axis: Axes, levels: pd.DataFrame, palette: Palette) -> None:
    for row, dash in zip(levels.itertuples(), cycle(_DASHES), strict=False):
        colour = palette.get(row.objective, OTHER)
        axis.axhline(row.mean, color=colour, linestyle=dash, label=row.objective)
        if pd.notna(row.sd):
            axis.axhspan(row.mean - row.sd, row.mean + row.sd, color=colour, alpha=0.12, linewidth=0)


def _legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend above all panels, or beside a single one."""
    handles = legend_handles(axes)
    wide = figure.get_figwidth() > 6
    place = {"loc": "outside upper center", "ncols": 3} if wide else {"loc": "outside right upper"}
    figure.legend(list(handles.values()), list(handles), **place)


def _label(metric: str) -> str:
    """A metric's name with its unit."""
    return _LABELS.get(metric, metric_label(metric))


def _difference(metric: str) -> str:
    """What the difference of two of a metric is called."""
    return f"{'gain in' if style.metric(metric).better == 'higher' else 'change of'} {_label(metric)}"
