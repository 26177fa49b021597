"""Samples in the plane: a panel for each model, over samples of p."""

from itertools import chain

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, SMALL, Palette, colours, empty, panels
from beyond_mle.report.style import bound_sign, number

READING = "Orange: samples of p. Numbers: KL[P‖Q] in nats, with ≤ where only a bound is known. All of the first seed."
_COLUMNS, _P = 3, "#F3CDB0"  # grey stands for MLE


@matplotlib.rc_context(PLOT_SETTINGS)
def clouds(rows: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """p, and then every model's samples over those of p.

    Args:
        rows: of one task, of `report.clouds.drawn`.
        palette: the objectives' colours.
        title: says what to see.
    """
    if rows.empty:
        return empty()
    of_p, names, looks = rows[rows.label == "p"], list(dict.fromkeys(rows.label)), colours(rows, palette)
    figure, grid = panels(title, -(-len(names) // _COLUMNS), _COLUMNS, height=1.95, sharex=True, sharey=True)
    for axis, name in zip(chain(*grid), names, strict=False):
        own = rows[rows.label == name]
        axis.scatter(of_p.x, of_p.y, s=1.5, color=_P, linewidths=0, rasterized=True)
        axis.set_title(name.replace(", ", "\n"), fontsize=SMALL)
        axis.set_aspect("equal")
        axis.grid(visible=False)
        if name != "p":
            axis.scatter(own.x, own.y, s=1.5, color=looks[name], linewidths=0, rasterized=True)
            sign = bound_sign("kl") if own.certainty.iloc[0] == "lower-bound" else ""
            text = f"{sign} {number(own.kl.iloc[0], 'kl')}".strip()
            axis.annotate(text, (0.97, 0.04), xycoords="axes fraction", ha="right", fontsize=SMALL)
    shown = pd.concat([of_p.x, of_p.y])
    grid[0][0].set(xlim=(shown.min() - 1, shown.max() + 1), ylim=(shown.min() - 1, shown.max() + 1))
    for axis in [*chain(*grid)][len(names) :]:
        axis.remove()
    return figure
