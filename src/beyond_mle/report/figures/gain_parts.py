"""A second stage's gain in two parts, for several models: first stage, control, objective; and the paper's two."""

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from beyond_mle.report.figures import PLOT_SETTINGS, SMALL, Palette, empty, legend, panels
from beyond_mle.report.style import OTHER, metric_label, number, signed

READING = "Large marks: means over seeds. Small: seeds. Numbers: what each step adds."


@matplotlib.rc_context(PLOT_SETTINGS)
def gain_parts(parts: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """A row per model: from the first stage by way of the control to the objective, and below it the paper's step.

    Args:
        parts: of `Page.gain_parts`, of one task and metric.
        palette: the objectives' colours.
        title: says what to see.
    """
    if parts.empty:
        return empty()
    models = list(parts.model.unique())
    figure, ((axis,),) = panels(title, 1, height=0.62 * len(models) + 0.7)
    objective = parts.objective.iloc[0]
    looks = {
        "first": (palette.get("mle", OTHER), "stage 1"),
        "control": (palette.get("mle-continued", OTHER), "the control: stage 1 trained on"),
        "value": (palette.get(objective, OTHER), f"{objective} in its place"),
    }
    for place, model in enumerate(models):
        _row(axis, parts[parts.model == model], place, {name: colour for name, (colour, _) in looks.items()})
    axis.set_yticks(range(len(models)), models)
    axis.set(ylim=(len(models) - 0.3, -0.6), xlabel=metric_label(parts.metric.iloc[0]))
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.12)
    handles: dict[str, Artist] = {
        name: Line2D([], [], color=colour, marker="o", linestyle="none") for colour, name in looks.values()
    }
    if parts.paper.notna().any():
        handles["the paper, on its own data"] = Line2D([], [], color="black", marker="|", markersize=8)
    legend(figure, handles)
    return figure


def _row(axis: Axes, own: pd.DataFrame, place: int, colours: dict[str, str]) -> None:
    means = {name: own[name].mean() for name in colours}
    axis.plot(list(means.values()), [place] * 3, color=colours["value"], linewidth=1.5, zorder=1)
    for name, colour in colours.items():
        axis.scatter(own[name], [place] * len(own), color=colour, s=10, alpha=0.6, linewidths=0)
        axis.scatter(means[name], place, color=colour, s=46, edgecolors="white", linewidths=0.8, zorder=3)
    metric = own.metric.iloc[0]
    steps = [means["control"] - means["first"], means["value"] - means["control"]]
    text = " then ".join(signed(number(step, metric)) for step in steps)
    axis.annotate(text, (means["value"], place - 0.2), fontsize=SMALL, ha="right", va="bottom")
    paper = own[own.paper.notna()]
    if len(paper):
        ends = [paper.paper_first.iloc[0], paper.paper.iloc[0]]
        axis.plot(ends, [place + 0.3] * 2, color="black", marker="|", markersize=8, linewidth=0.9)
        axis.annotate(
            signed(number(ends[1] - ends[0], metric)),
            (max(ends), place + 0.3),
            xytext=(5, 0),
            fontsize=SMALL,
            textcoords="offset points",
            va="center",
        )
