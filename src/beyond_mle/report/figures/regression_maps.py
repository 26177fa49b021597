"""Densities of a target given an input: a panel for each model, p first."""

import textwrap
from itertools import chain

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, SMALL, panels
from beyond_mle.report.regression_pictures import NAMES
from beyond_mle.types import Regression

READING = "Dark: likely. Left to right x, upwards y. Points: training items. KL[P‖Q] in nats; all of the first seed."
_COLUMNS, _MAP, _BRIGHTEST = 3, "Blues", 0.97
_POINTS, _TITLE_LENGTH = 400, 20


@matplotlib.rc_context(PLOT_SETTINGS)
def maps(rows: pd.DataFrame, train: Regression, title: str) -> Figure:
    """p with training items on it, then every model's density.

    Args:
        rows: of one task, of `regression_pictures.maps`.
        train: the items, of which a few are drawn.
        title: says what to see.
    """
    names = list(dict.fromkeys(rows.label))
    figure, grid = panels(title, -(-len(names) // _COLUMNS), _COLUMNS, height=1.35, sharex=True, sharey=True)
    truth = rows[rows.label == "p"].drop(columns=NAMES).astype(float)
    brightest = truth.stack().loc[lambda q: q > 0].quantile(_BRIGHTEST)
    low, high = train.target_B.min().item(), train.target_B.max().item()
    for axis, name in zip(chain(*grid), names, strict=False):
        own = rows[rows.label == name]
        _panel(axis, own, brightest)
        axis.set_title(textwrap.fill(name, _TITLE_LENGTH), fontsize=SMALL)
        if name != "p":
            axis.annotate(f"{own.kl.iloc[0]:.3g}", (0.97, 0.04), xycoords="axes fraction", ha="right", fontsize=SMALL)
        axis.set_ylim(low - (high - low) / 10, high + (high - low) / 10)
    x_N, y_N = train.input_BX[:_POINTS, 0], train.target_B[:_POINTS]
    grid[0][0].scatter(x_N, y_N, s=1.5, color="#D55E00", linewidths=0, rasterized=True)
    for axis in [*chain(*grid)][len(names) :]:
        axis.remove()
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, brightest: float) -> None:
    density = rows.set_index("x").drop(columns=[name for name in NAMES if name != "x"]).T.astype(float)
    y = density.index.astype(float)
    half = (y[1] - y[0]) / 2
    extent = (density.columns[0], density.columns[-1], y[0] - half, y[-1] + half)
    axis.imshow(
        density,
        origin="lower",
        extent=extent,
        aspect="auto",
        cmap=_MAP,
        vmin=0,
        vmax=brightest,
        interpolation="nearest",
    )
    axis.grid(visible=False)
