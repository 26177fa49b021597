"""Figures, drawn from data frames that are saved beside them."""

import base64
import io
import itertools
from collections.abc import Iterable
from html import escape
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn
from IPython.display import HTML
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.files import write_text
from beyond_mle.report.style import ORACLE, OTHER, PLOT_SETTINGS, metric_label, objective_label

Palette = dict[str, str]
"""Objective → colour, from `style.palette`; objectives of papers that the study does not train have none."""


@matplotlib.rc_context(PLOT_SETTINGS)
def learning_curves(curves: pd.DataFrame, palette: Palette) -> Figure:
    """Validation and loss by step: a column per objective, a line per seed.

    Args:
        curves: one task and model of `read_curves`. Losses of different objectives do not compare, so each
            has its own axis; validations share theirs.
        palette: the objectives' colours.
    """
    objectives = list(dict.fromkeys(curves.objective))
    figure = Figure(figsize=(1.0 + 1.9 * max(2, len(objectives)), 3.8))
    axes = figure.subplots(2, len(objectives), sharex="col", squeeze=False)
    for column, objective in enumerate(objectives):
        for row, quantity in enumerate(("validation", "loss")):
            axis = axes[row, column]
            seaborn.lineplot(
                curves[(curves.objective == objective) & (curves.quantity == quantity)],
                x="step",
                y="value",
                units="seed",
                estimator=None,
                ax=axis,
                color=palette.get(objective, OTHER),
                alpha=0.75,
                marker="o" if quantity == "validation" else None,
                markersize=2.5,
                markeredgewidth=0,
            )
            axis.set_ylabel("")
            axis.tick_params(axis="x", rotation=30)
            if row == 0 and column:
                axis.sharey(axes[0, 0])
                axis.tick_params(labelleft=False)
        axes[0, column].set_title(objective)
        axes[1, column].set_xlabel("step")
    axes[0, 0].autoscale(axis="y")
    axes[0, 0].set_ylabel("validation")
    axes[1, 0].set_ylabel("loss")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def bars(rows: pd.DataFrame, palette: Palette, label: str | None = None) -> Figure:
    """A panel per task and model, a bar per objective with its sd over seeds; reference rows are hatched.

    Args:
        rows: one metric of `effects.over_seeds`, or `effects.search_gaps`. Reference rows are drawn in every
            panel of their task.
        palette: the objectives' colours.
        label: of the horizontal axis; by default the rows' metric.
    """
    trained = rows[rows.model != ORACLE]
    panels = list(trained.groupby(["task", "model"], sort=False).groups)
    if not panels:
        return empty()
    label = label or metric_label(rows.metric.iloc[0])
    shown = [rows[(rows.task == task) & rows.model.isin([model, ORACLE])] for task, model in panels]
    most = max(len(panel) for panel in shown)
    figure = Figure(figsize=(1.2 + 3.0 * len(panels), 0.9 + 0.3 * most))
    axes = figure.subplots(1, len(panels), sharex=True, squeeze=False)[0]
    for axis, (task, model), panel in zip(axes, panels, shown, strict=True):
        _bar_panel(axis, panel, palette)
        axis.set_ylim(most - 0.4, -0.6)
        axis.set_title(f"{model}, {task}")
        axis.set_xlabel(label)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def by_order(rows: pd.DataFrame, palette: Palette) -> Figure:
    """Metrics against the order k, a row of panels per task; objectives without a knob stand at k = 0.

    Args:
        rows: one model of `effects.over_seeds`, and the closed-form optimum.
        palette: the objectives' colours.
    """
    tasks, metrics = list(rows.task.unique()), list(rows.metric.unique())
    if not tasks:
        return empty()
    figure = Figure(figsize=(1.5 + 2.3 * len(metrics), 0.3 + 2.4 * len(tasks)))
    axes = figure.subplots(len(tasks), len(metrics), squeeze=False)
    handles: dict[str, Artist] = {}
    for axis, (task, metric) in zip(axes.flat, itertools.product(tasks, metrics), strict=True):
        points = rows[(rows.task == task) & (rows.metric == metric)].fillna({"order": 0.0, "sd": 0.0})
        handles |= _order_panel(axis, points, palette)
        axis.set_xlabel(f"order k, {task}")
        axis.set_ylabel(metric_label(metric))
    figure.legend(list(handles.values()), list(handles), loc="outside right upper")
    return figure


def legend_handles(axes: Iterable[Axes]) -> dict[str, Artist]:
    """Label → what a legend shows for it, of all these panels; a label that several panels have stands once."""
    return {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}


def save(figure: Figure, data: pd.DataFrame, stem: Path) -> str:
    """Write a figure as {stem}.svg and what it shows as {stem}.csv, byte-identical for equal data; return the SVG."""
    write_text(stem.with_suffix(".csv"), data.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    svg = _svg(figure)
    write_text(stem.with_suffix(".svg"), svg)
    return svg


def show(figure: Figure, data: pd.DataFrame, stem: Path, caption: str) -> HTML:
    """Save a figure and show it in a notebook, with a link to its data.

    Args:
        figure: what to show.
        data: what it was drawn from.
        stem: where to save it: {folder of the page}/figures/{page}/{name}.
        caption: what the figure shows; also the alternative text.
    """
    image = base64.b64encode(save(figure, data, stem).encode()).decode()
    link = f"figures/{stem.parent.name}/{stem.name}.csv"
    return HTML(
        f'<figure><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{image}">'
        f'<figcaption>{escape(caption)} <a href="{escape(link)}">Data</a></figcaption></figure>'
    )


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    with matplotlib.rc_context(PLOT_SETTINGS):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def empty() -> Figure:
    """What stands for a figure of which there is nothing to show."""
    figure = Figure(figsize=(4, 0.6))
    figure.text(0.5, 0.5, "not measured in this study", ha="center", va="center", color="#6b6b6b")
    return figure


def _order_panel(axis: Axes, points: pd.DataFrame, palette: Palette) -> dict[str, Artist]:
    """Draw one metric of one task; return what the legend shows."""
    handles: dict[str, Artist] = {}
    for row in points[points.model != ORACLE].itertuples():
        style = {"color": palette.get(row.objective, OTHER), "marker": "o", "markersize": 4, "capsize": 2}
        handles[row.objective] = axis.errorbar(row.order, row.mean, row.sd, linestyle="none", **style)
    closed = points[points.objective == "closed-form"].sort_values("order")
    if len(closed):
        (handles["closed-form optimum"],) = axis.plot(closed.order, closed["mean"], "k--", linewidth=1)
    return handles


def _bar_panel(axis: Axes, rows: pd.DataFrame, palette: Palette) -> None:
    names = [objective_label(row.objective, {"order": row.order}) for row in rows.itertuples()]
    colours = [palette.get(name, OTHER) for name in rows.objective]
    drawn = axis.barh(names, rows["mean"], xerr=rows.sd, color=colours, height=0.65, capsize=2)
    for bar, model in zip(drawn, rows.model, strict=True):
        if model == ORACLE:
            bar.set(facecolor="white", edgecolor="black", hatch="////")
    axis.grid(axis="y", visible=False)
