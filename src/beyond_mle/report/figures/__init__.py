"""Figures, drawn from data frames that are saved beside them: what all kinds of figures have in common."""

import io
from collections.abc import Iterable, Mapping
from itertools import cycle
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from beyond_mle.files import write_text
from beyond_mle.report.style import PLOT_SETTINGS

Palette = Mapping[str, str]
"""Objective → colour, from `style.palette`; objectives of papers that the study does not train have none."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
MANY = 500
"""Points in a scatter plot, from which on they are a cloud."""


def legend_handles(axes: Iterable[Axes]) -> dict[str, Artist]:
    """Label → what a legend shows for it, of all these panels; a label that several panels have stands once."""
    return {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}


def legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend above all panels, or beside a single one."""
    handles = legend_handles(axes)
    wide = figure.get_figwidth() > 6
    place = {"loc": "outside upper center", "ncols": 3} if wide else {"loc": "outside right upper"}
    figure.legend(list(handles.values()), list(handles), **place)


def looks(names: Iterable[str]) -> dict[str, dict]:
    """How each of several series is drawn, in order of appearance."""
    series = zip(names, cycle(COLOURS), cycle(MARKERS), strict=False)
    return {
        name: {"color": colour, "marker": marker, "markersize": 4.5, "capsize": 2} for name, colour, marker in series
    }


def empty() -> Figure:
    """What stands for a figure of which there is nothing to show."""
    figure = Figure(figsize=(4, 0.6))
    figure.text(0.5, 0.5, "not measured in this study", ha="center", va="center", color="#6b6b6b")
    return figure


def save(figure: Figure, data: pd.DataFrame, stem: Path) -> str:
    """Write a figure as {stem}.svg and what it shows as {stem}.csv, byte-identical for equal data; return the SVG."""
    write_text(stem.with_suffix(".csv"), data.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    svg = _svg(figure)
    write_text(stem.with_suffix(".svg"), svg)
    return svg


def _svg(figure: Figure) -> str:
    """The figure as SVG, with clouds of points as pictures: each point as an element of its own would be megabytes."""
    for cloud in figure.findobj(PathCollection):
        cloud.set_rasterized(np.size(cloud.get_offsets()) > 2 * MANY)
    out = io.StringIO()
    with matplotlib.rc_context(PLOT_SETTINGS):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
