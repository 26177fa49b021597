"""Figures of densities in the plane and of the round Gaussians fitted to them.

Data frames: `minima` and `histogram` are tables of `report.plane_pictures`. A grid is 200 × 200 where a density is
drawn from its formula. Colours are those of the histograms, YlGnBu from dark to light.
"""

from itertools import chain

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import minimum_filter

from beyond_mle.report.figures import DARK, PLOT_SETTINGS, SMALL, Palette, empty, legend, panels
from beyond_mle.report.style import OTHER

_LEVELS = 5
_MAP = "YlGnBu_r"
_LOWEST = "#D55E00"
_CURVES = {"js": ("pi", "JS$_\\pi$, along $\\pi$"), "convex-exp": ("order", "convex-exp, along $k$")}
_LIMITS = {"mle": "optimum of KL[P‖Q]", "reverse-kl": "optimum of KL[Q‖P]"}


@matplotlib.rc_context(PLOT_SETTINGS)
def fits(histogram: pd.DataFrame, rows: pd.DataFrame, title: str) -> Figure:
    """Figure 1 of Huszár (2015): a row per mixture; data with contours of p, then of the fit for each π.

    Args:
        histogram: of the mixtures.
        rows: one fit per mixture and π.
        title: says what to see.
    """
    seeds, pis = list(dict.fromkeys(rows.mixture_seed)), sorted(rows.pi.unique())
    if not seeds:
        return empty()
    figure, grid = panels(title, len(seeds), len(pis) + 1, height=1.28)
    for seed, line in zip(seeds, grid, strict=True):
        bins = histogram[histogram.mixture_seed == seed].pivot(index="y", columns="x")
        own = rows[rows.mixture_seed == seed].set_index("pi")
        for axis in line:
            _histogram_panel(axis, bins["count"])
        _contours(line[0], bins.density.columns, bins.density.index, bins.density)
        _write(line[0], f"mixture {seed}")
        for axis, pi in [pair for pair in zip(line[1:], pis, strict=True) if pair[1] in own.index]:
            _fit_contours(axis, own.loc[pi])
            _write(axis, rf"$\sigma$ = {own.sigma[pi]:.2f}")
    titles = ["data and $p$", *(rf"$\pi$ = {pi:g}" for pi in pis)]
    for letter, axis, name in zip("ABCDEFGH", grid[0], titles, strict=False):
        axis.set_title(rf"$\mathbf{{{letter}}}$  {name}")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def paths(minima: pd.DataFrame, palette: Palette, title: str) -> Figure:
    """σ of all local minima, a row per mixture: along π of JS_π on the left, along k of convex-exp on the right.

    Args:
        minima: of `plane_pictures.fits`.
        palette: the objectives' colours.
        title: says what to see.
    """
    seeds = list(dict.fromkeys(minima.mixture_seed))
    if not seeds:
        return empty()
    figure, grid = panels(title, len(seeds), 2, height=1.35, sharex="col", sharey="row")
    for line, seed in zip(grid, seeds, strict=True):
        own = minima[minima.mixture_seed == seed]
        for axis, objective in zip(line, _CURVES, strict=True):
            _path_panel(axis, own, objective, palette)
        line[0].set(ylabel=f"mixture {seed}: $\\sigma$", ylim=(0, None))
        line[0].yaxis.set_major_locator(MaxNLocator(4))
    for axis, (_, name) in zip(grid[0], _CURVES.values(), strict=True):
        axis.set_title(name)
    grid[-1][0].set(xscale="logit", xlabel="prior $\\pi$")
    grid[-1][0].set_xticks([1e-4, 1e-2, 0.5, 1 - 1e-2, 1 - 1e-4], ["10⁻⁴", "0.01", "½", "0.99", "1−10⁻⁴"])
    grid[-1][0].minorticks_off()
    grid[-1][1].set_xlabel("order $k$")
    handles = {
        "global minimum": Line2D([], [], marker="o", markersize=3, linewidth=1.8, color=DARK),
        "other local minima": Line2D([], [], linewidth=0.8, color=DARK),
        **{name: Line2D([], [], color=palette.get(key, OTHER), linestyle="--") for key, name in _LIMITS.items()},
    }
    legend(figure, handles)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def surfaces(surface: pd.DataFrame, title: str) -> Figure:
    r"""JS_π / (π(1−π)) over position and σ, a panel per π, with a star at its lowest point and a dot at other minima.

    Args:
        surface: `pi`, `position`, `sigma`, `value`.
        title: says what to see.
    """
    pis = list(dict.fromkeys(surface.pi))
    if not pis:
        return empty()
    figure, grid = panels(title, -(-len(pis) // 2), 2, height=2.2, sharex=True, sharey=True)
    for axis, pi in zip(chain(*grid), pis, strict=False):
        values = surface[surface.pi == pi].pivot(index="sigma", columns="position", values="value") / (pi * (1 - pi))
        low, high = values.min(axis=None), values.quantile(0.9).max()
        levels = low + (high - low) * np.linspace(0, 1, 19) ** 2.5  # close together where it is flat
        axis.contourf(values.columns, values.index, values, levels, cmap=_MAP, extend="max")
        axis.contour(values.columns, values.index, values, levels, colors="white", linewidths=0.4, alpha=0.7)
        for sigma, position in np.argwhere(values == minimum_filter(values, 3)):
            x, y, value = values.columns[position], values.index[sigma], values.iloc[sigma, position]
            size = 11 if value == low else 5
            axis.plot(x, y, "*" if value == low else "o", color=_LOWEST, markersize=size, markeredgecolor="white")
        axis.set_title(rf"$\pi$ = {pi:g}")
        axis.grid(visible=False)
    for line in grid:
        line[0].set_ylabel(r"$\sigma$")
    for axis in grid[-1]:
        axis.set_xlabel("mean, 0: KL[P‖Q], 1: KL[Q‖P]")
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def _write(axis: Axes, text: str) -> None:
    axis.annotate(text, (0.04, 0.87), xycoords="axes fraction", color="white", fontsize=SMALL)


def _histogram_panel(axis: Axes, counts: pd.DataFrame) -> None:
    half = (counts.columns[1] - counts.columns[0]) / 2
    low, high = counts.columns[0] - half, counts.columns[-1] + half
    axis.imshow(counts, origin="lower", extent=(low, high, low, high), cmap=_MAP, interpolation="nearest")
    axis.set(xlim=(low, high), ylim=(low, high))
    axis.set_axis_off()


def _fit_contours(axis: Axes, fit: pd.Series) -> None:
    x, y = (np.linspace(*limits, 200) for limits in (axis.get_xlim(), axis.get_ylim()))
    squares = (x - fit.mean_x) ** 2 + (y[:, None] - fit.mean_y) ** 2
    _contours(axis, x, y, np.exp(-squares / (2 * fit.sigma**2)))


def _contours(axis: Axes, x: np.ndarray, y: np.ndarray, density: np.ndarray | pd.DataFrame) -> None:
    """`_LEVELS` level sets, evenly spaced between zero and the highest density."""
    levels = np.linspace(0, np.max(density), _LEVELS + 2)[1:-1]
    axis.contour(x, y, density, levels, colors="white", alpha=0.7, linewidths=0.9)


def _path_panel(axis: Axes, minima: pd.DataFrame, objective: str, palette: Palette) -> None:
    colour, knob = palette.get(objective, OTHER), _CURVES[objective][0]
    for limit in _LIMITS:
        for value in minima[(minima.objective == limit) & minima.is_global].sigma:
            axis.axhline(value, color=palette.get(limit, OTHER), linestyle="--", linewidth=1)
    for _, branch in minima[minima.objective == objective].groupby("branch"):
        axis.plot(branch[knob], branch.sigma, color=colour, linewidth=0.8)
        lowest = branch.sigma.where(branch.is_global)
        axis.plot(branch[knob], lowest, color=colour, marker="o", markersize=2.5, linewidth=1.8)
