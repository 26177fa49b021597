"""Figures, drawn from data frames that are saved beside them: what all kinds of figures have in common.

Every figure is `WIDTH` wide, so that its text can be read on a phone, has a title that says what to see, and a legend
below its panels where names do not stand beside what they name. Colours and shades are those of `report.style`.
"""

import io
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from beyond_mle.files import write_text
from beyond_mle.report.results import column
from beyond_mle.report.style import OTHER, shade

Palette = Mapping[str, str]
"""Objective → colour, from `style.palette`; objectives of papers that the study does not train have none."""
WIDTH = 5.0
"""Inches: 480 pixels, which a phone shows at three quarters of their size."""
SMALL = 8.5
"""Points: the smallest text."""
PLOT_SETTINGS: dict[Any, Any] = {
    **seaborn.axes_style("ticks"),
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "beyond-mle",
}
"""matplotlib's settings; the fixed hash salt makes equal figures equal files."""
DARK = "#404040"
"""For what stands for all objectives in a legend."""
MARKERS = ("o", "s", "^", "D", "v", "P")
MANY = 500
"""Points in a scatter plot, from which on they are a cloud."""
_TITLE_LENGTH, _NAME_LENGTH = 50, 22


def panels(
    title: str, rows: int, columns: int = 1, height: float = 2.2, **options: Any
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with a title and a grid of panels.

    Args:
        title: says what to see.
        rows: of panels.
        columns: of panels.
        height: of a panel, in inches.
        options: of matplotlib's `subplots`.
    """
    lines = textwrap.wrap(title, _TITLE_LENGTH)
    figure = Figure(figsize=(WIDTH, rows * height + 0.2 * len(lines) + 0.3))
    figure.suptitle("\n".join(lines), x=0.01, horizontalalignment="left", fontsize=10.5, fontweight="bold")
    return figure, [list(line) for line in figure.subplots(rows, columns, squeeze=False, **options)]


def legend(figure: Figure, handles: Mapping[str, Artist]) -> None:
    """One legend for all panels, below them: name → what stands for it."""
    if handles:
        figure.legend(list(handles.values()), list(handles), loc="outside lower left", ncols=2)


def colours(rows: pd.DataFrame, palette: Palette) -> dict[str, str]:
    """The colour of each `label` of these rows: the objective's, darker for a larger order k or prior π."""
    found = rows.assign(k=column(rows, "order"), p=column(rows, "pi")).drop_duplicates("label")
    return {row.label: shade(palette.get(row.objective, OTHER), row.k, row.p) for row in found.itertuples()}


def markers(names: Iterable[str]) -> dict[str, str]:
    """A marker for each of several names, in order of appearance."""
    return dict(zip(dict.fromkeys(names), cycle(MARKERS), strict=False))


def beside(figure: Figure, axis: Axes, names: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names right of the ends of lines, none on another, and beside the panel if they fit there.

    Args:
        figure: of the panel.
        axis: a panel that has all of its lines.
        names: x and y of the end, the name, its colour.
    """
    axis.autoscale_view()
    wrapped = [(x, y, textwrap.fill(name, _NAME_LENGTH), colour) for x, y, name, colour in names]
    lines = max((name.count("\n") + 1 for _, _, name, _ in wrapped), default=1)
    least = 1.3 * SMALL * lines / (72 * axis.get_position().height * figure.get_figheight())
    to_axes = axis.transData + axis.transAxes.inverted()
    ends = sorted(((*to_axes.transform(end[:2]), *end[2:]) for end in wrapped), key=lambda end: end[1])
    for (x, y, name, colour), height in zip(ends, _apart([end[1] for end in ends], least), strict=True):
        axis.annotate(
            name,
            (x, y),
            (1.04, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=colour,
            fontsize=SMALL,
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.4, "shrinkA": 0, "relpos": (0, 0.5)},
        )


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


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Rising heights, moved as little as it takes that neighbours are at least so far apart, and within 0 and 1 if all
    of them fit there."""
    blocks: list[tuple[float, int]] = []  # of labels that touch: their mean height and their number
    for height in heights:
        mean, n = height, 1
        while blocks and mean - n * least / 2 < blocks[-1][0] + blocks[-1][1] * least / 2:
            other, size = blocks.pop()
            mean, n = (n * mean + size * other) / (n + size), n + size
        blocks.append((mean, n))
    apart = [mean + (i - (n - 1) / 2) * least for mean, n in blocks for i in range(n)]
    last = len(apart) - 1
    if last * least > 1:
        return apart
    return [max(i * least, min(height, 1 - (last - i) * least)) for i, height in enumerate(apart)]


def _svg(figure: Figure) -> str:
    """The figure as SVG, with clouds of points as pictures: each point as an element of its own would be megabytes."""
    for cloud in figure.findobj(PathCollection):
        cloud.set_rasterized(np.size(cloud.get_offsets()) > 2 * MANY)
    out = io.StringIO()
    with matplotlib.rc_context(PLOT_SETTINGS):
        figure.savefig(out, format="svg", metadata={"Date": None})
    # Hundredths of a point are enough for places (not for scales, which are below 10); and lines need no indentation.
    shorter = re.sub(r"(?<![\d.])(\d{2,}\.\d{2})\d+", r"\1", out.getvalue())
    return re.sub(r"\s+", " ", shorter.replace(">\n", ">"))
