"""Figures of densities in the plane and of the round Gaussians fitted to them.

Data frames: `minima` and `histogram` are tables of `report.plane_pictures`. A grid is 200 × 200 where a density is
drawn from its formula. Colours are those of the histograms, YlGnBu from dark to light.
"""

from collections.abc import Collection

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.ndimage import minimum_filter

from beyond_mle.report.figures import MARKERS, empty
from beyond_mle.report.style import PLOT_SETTINGS

_LEVELS = 7
_MAP = "YlGnBu_r"
_LOW, _LOCAL, _FORWARD, _REVERSE = "#0072B2", "#8FBBDA", "#009E73", "#D55E00"


@matplotlib.rc_context(PLOT_SETTINGS)
def fits(histogram: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Figure 1 of Huszár (2015): a row per mixture; data with contours of p, then of the fit for each π.

    Args:
        histogram: of the mixtures.
        rows: one fit per mixture and π.
    """
    seeds, pis = list(dict.fromkeys(rows.mixture_seed)), sorted(rows.pi.unique())
    if not seeds:
        return empty()
    figure = Figure(figsize=(2.6 * (len(pis) + 1), 2.75 * len(seeds)))
    axes = figure.subplots(len(seeds), len(pis) + 1, squeeze=False)
    for seed, line in zip(seeds, axes, strict=True):
        bins = histogram[histogram.mixture_seed == seed].pivot(index="y", columns="x")
        own = rows[rows.mixture_seed == seed].set_index("pi")
        for axis in line:
            _histogram_panel(axis, bins["count"])
        _contours(line[0], bins.density.columns, bins.density.index, bins.density)
        for axis, pi in [pair for pair in zip(line[1:], pis, strict=True) if pair[1] in own.index]:
            _fit_contours(axis, own.loc[pi])
            axis.annotate(
                rf"$\sigma$ = {own.sigma[pi]:.2f}", (0.96, 0.04), xycoords="axes fraction", color="white", ha="right"
            )
        line[0].annotate(f"seed {seed}", (0.04, 0.04), xycoords="axes fraction", color="white")
    titles = ["data and $p$", *(rf"$\pi$ = {pi:g}" for pi in pis)]
    for letter, axis, title in zip("ABCDEFGH", axes[0], titles, strict=False):
        axis.set_title(rf"$\mathbf{{{letter}}}$   {title}", fontsize=11, loc="left")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def paths(minima: pd.DataFrame) -> Figure:
    """σ and mean of all local minima on one mixture: along π of JS_π on the left, along k of convex-exp on the right.

    Args:
        minima: the rows of one mixture.
    """
    figure = Figure(figsize=(7.6, 5.6))
    axes = figure.subplots(3, 2, sharex="col", sharey="row")
    labels = {"sigma": r"$\sigma$", "mean_x": "mean, $x$", "mean_y": "mean, $y$"}
    for line, (quantity, label) in zip(axes, labels.items(), strict=True):
        for axis, objective, knob in zip(line, ("js", "convex-exp"), ("pi", "order"), strict=True):
            _path_panel(axis, minima, objective, knob, quantity)
        line[0].set_ylabel(label)
    axes[0, 0].set_xscale("logit")
    axes[0, 0].set_title(r"JS$_\pi$")
    axes[0, 1].set_title("convex-exp")
    axes[2, 0].set_xlabel(r"$\pi$")
    axes[2, 0].set_xticks([1e-4, 1e-2, 0.5, 1 - 1e-2, 1 - 1e-4], ["0.0001", "0.01", "½", "0.99", "0.9999"])
    axes[2, 0].minorticks_off()
    axes[2, 1].set_xlabel("order $k$")
    handles = [
        Line2D([], [], color=_LOW, marker="o", markersize=3, label="global minimum"),
        Line2D([], [], color=_LOCAL, label="local minimum"),
        Line2D([], [], color=_FORWARD, linestyle="--", label="optimum of KL[P‖Q]"),
        Line2D([], [], color=_REVERSE, linestyle="--", label="optimum of KL[Q‖P]"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def surfaces(surface: pd.DataFrame) -> Figure:
    r"""JS_π / (π(1−π)) over position and σ, a panel per π, with a star at its lowest point and a dot at other minima.

    Args:
        surface: `pi`, `position`, `sigma`, `value`.
    """
    pis = list(dict.fromkeys(surface.pi))
    if not pis:
        return empty()
    figure = Figure(figsize=(2.5 * len(pis) + 0.6, 2.9))
    axes = figure.subplots(1, len(pis), sharey=True, squeeze=False)[0]
    for axis, pi in zip(axes, pis, strict=True):
        values = surface[surface.pi == pi].pivot(index="sigma", columns="position", values="value") / (pi * (1 - pi))
        low, high = values.min(axis=None), values.quantile(0.9).max()
        levels = low + (high - low) * np.linspace(0, 1, 19) ** 2.5  # close together where it is flat
        axis.contourf(values.columns, values.index, values, levels, cmap=_MAP, extend="max")
        axis.contour(values.columns, values.index, values, levels, colors="white", linewidths=0.4, alpha=0.7)
        for sigma, position in np.argwhere(values == minimum_filter(values, 3)):
            x, y, value = values.columns[position], values.index[sigma], values.iloc[sigma, position]
            axis.plot(x, y, "*" if value == low else "o", color=_REVERSE, markersize=11 if value == low else 5, mec="w")
        axis.set_title(rf"$\pi$ = {pi:g}")
        axis.grid(visible=False)
    axes[0].set_ylabel(r"$\sigma$")
    figure.supxlabel("position: 0 at the mean for KL[P‖Q], 1 at that for KL[Q‖P]", fontsize=9)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def positions(rows: pd.DataFrame, shares: pd.DataFrame, chosen: Collection[int]) -> Figure:
    """Where σ lies between the two limits: a curve per π, its legend with the share that is like maximum likelihood.

    Args:
        rows: of `plane_samples.positions`.
        shares: of `plane_samples.shares`.
        chosen: seeds of mixtures to mark.
    """
    if rows.empty:
        return empty()
    figure = Figure(figsize=(5.6, 4.2))
    axis, marked = figure.subplots(), list(zip(chosen, MARKERS, strict=False))
    for share, colour in zip(shares.itertuples(), (_LOW, _FORWARD, _REVERSE), strict=False):
        own = rows[rows.pi == share.pi].sort_values("position", kind="stable").set_index("mixture_seed").position
        percent = 100 * np.arange(1, len(own) + 1) / len(own)
        label = rf"$\pi$ = {share.pi:g}: {share.share:.0f} % [{share.low:.0f}, {share.high:.0f}] right of the middle"
        axis.step(own, percent, where="post", color=colour, label=label)
        for seed, marker in marked:
            axis.plot(
                own[own.index == seed], percent[own.index == seed], marker, color=colour, mec="white", clip_on=False
            )
    axis.axvline(0.5, color="black", linewidth=0.8, linestyle="--")
    axis.set(xlim=(-0.03, 1.05), ylim=(0, 102), ylabel="% of the mixtures, at most so wide")
    axis.set_xlabel(r"position of $\sigma$: 0 as of KL[Q‖P], 1 as of KL[P‖Q]")
    seeds = [Line2D([], [], color="grey", marker=m, linestyle="", label=f"seed {s}") for s, m in marked]
    figure.legend(handles=[*axis.get_legend_handles_labels()[0], *seeds], loc="outside upper center", ncols=2)
    return figure


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
    """Seven level sets, evenly spaced between zero and the highest density."""
    levels = np.linspace(0, np.max(density), _LEVELS + 2)[1:-1]
    axis.contour(x, y, density, levels, colors="white", alpha=0.7, linewidths=0.9)


def _path_panel(axis: Axes, minima: pd.DataFrame, objective: str, knob: str, quantity: str) -> None:
    rows = minima[minima.objective == objective]
    for _, branch in rows.groupby("branch"):
        axis.plot(branch[knob], branch[quantity], color=_LOCAL, marker=".", markersize=2)
        lowest = branch[quantity].where(branch.is_global)
        axis.plot(branch[knob], lowest, color=_LOW, marker="o", markersize=2.5, linewidth=1.8)
    for limit, colour in (("mle", _FORWARD), ("reverse-kl", _REVERSE)):
        for value in minima[(minima.objective == limit) & minima.is_global][quantity]:
            axis.axhline(value, color=colour, linestyle="--", linewidth=1)
