"""A figure of the report as HTML: what is said of it in words, and where everything about it lies."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import FixedFormatter

from beyond_mle.report import figures
from beyond_mle.report.data_url import data_url
from beyond_mle.report.templates import fill

_NAMES = (FixedFormatter, StrCategoryFormatter)


def show(figure: Figure, data: pd.DataFrame, stem: Path, caption: str, place: str = "") -> HTML:
    """Save a figure with its data and show it, with links to both and to the code that made it.

    Args:
        figure: what to show.
        data: what it was drawn from.
        stem: where to save it: {folder of the report}/figures/{page}/{name}.
        caption: what the figure shows.
        place: which figure of which paper it is or answers to.
    """
    return fill(
        "figure.html.j2",
        image=data_url(figures.save(figure, data, stem), "image/svg+xml"),
        caption=caption,
        alt=f"{caption} {description(figure)}".strip(),
        stem=f"figures/{stem.parent.name}/{stem.name}",
        place=place,
    )


def description(figure: Figure) -> str:
    """What is plotted, read from the panels: their titles, what is on their axes, and the series that a legend names.

    >>> axis = Figure().subplots()
    >>> axis.set(title="CTC", xlabel="order", ylabel="BLEU") and None
    >>> description(axis.figure)
    '1 panel. Titles: CTC. Axes: BLEU against order.'
    """
    panels = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    if not panels:
        return " ".join(f"{text.get_text()}." for text in figure.texts)
    y = _listed(axis.get_ylabel() or figure.get_supylabel() for axis in panels)
    x = _listed(axis.get_xlabel() or figure.get_supxlabel() for axis in panels)
    told = {
        "Titles": _listed(axis.get_title(side) for axis in panels for side in ("left", "center", "right")),
        "Axes": " against ".join(labels for labels in (y, x) if labels),
        "Along an axis": _listed(name for axis in panels for name in _categories(axis)),
        "Series": _listed(text.get_text() for legend in figure.findobj(Legend) for text in legend.get_texts()),
    }
    sentences = [f"{len(panels)} panel{'' if len(panels) == 1 else 's'}"]
    return " ".join(f"{one}." for one in [*sentences, *(f"{name}: {text}" for name, text in told.items() if text)])


def _categories(axis: Axes) -> list[str]:
    """The names along an axis that has names in place of numbers."""
    named = [side for side in (axis.xaxis, axis.yaxis) if isinstance(side.get_major_formatter(), _NAMES)]
    return [label.get_text() for side in named for label in side.get_ticklabels()]


def _listed(texts: Iterable[str]) -> str:
    """The texts in order, each once, on one line, without the marks of formulas."""
    clean = (" ".join(re.sub(r"\\mathrm|[$\\{}]", "", text).split()) for text in texts)
    return "; ".join(dict.fromkeys(text for text in clean if text))


def beside(*parts: HTML) -> HTML:
    """Figures side by side where the screen is wide enough."""
    return HTML('<div class="beside">' + "".join(part.data for part in parts) + "</div>")
