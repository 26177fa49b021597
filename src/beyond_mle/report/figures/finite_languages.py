"""Figures of optima on finite languages, and of models that were fitted to them."""

from typing import Any, Literal

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from beyond_mle.report.figures import DARK, PLOT_SETTINGS, SMALL, Palette, beside, empty, legend, panels
from beyond_mle.report.style import COLOURS, OTHER, TRUTH, metric_label, named, shade

_DASHES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")
_MARKERS: dict[str, Any] = {"tabular": "o", "string-network": "x"}


@matplotlib.rc_context(PLOT_SETTINGS)
def sharpening(ranked: pd.DataFrame, entropies: pd.DataFrame, fits: pd.DataFrame, title: str) -> Figure:
    """Above: probability by rank, a line per order. Below: entropy against the order, fitted models as points.

    Args:
        ranked: of `sharpening_curves.ranked`.
        entropies: of `sharpening_curves.entropies`.
        fits: rows of the long table; the entropies of convex-exp with sentence averages are drawn.
        title: says what to see.
    """
    fits = fits[(fits.metric == "sequence-entropy") & (fits.objective == "convex-exp")]
    fits = fits[_average(fits) == "sentence"]
    figure, [[above], [below]] = panels(title, 2, height=2.5)
    _ranks(above, ranked)
    for (task, curve), dash in zip(entropies.groupby("task", sort=False), _DASHES, strict=False):
        gap = curve.order.diff() > 1.5 * curve.order.diff().min()
        below.plot(curve.order, curve.entropy.mask(gap), dash, color=COLOURS["convex-exp"])
        start = (0.0, curve.entropy.iloc[0])
        below.annotate(task, start, (8, 5), textcoords="offset points", color=COLOURS["convex-exp"], fontsize=SMALL)
    for model, marker in _MARKERS.items():
        points = fits[fits.model == model]
        below.plot(points.order, points.value, marker, color=DARK, fillstyle="none", markersize=6, label=model)
    below.set(xlabel="order k", ylabel=metric_label("sequence-entropy"), ylim=(-0.15, None))
    below.legend()
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def length_and_weight(exponents: pd.DataFrame, weights: pd.DataFrame, title: str) -> Figure:
    """Above: the exponent β by length, a line per order. Below: each objective's weight by mean log-probability.

    Args:
        exponents: of `sharpening_curves.exponents`.
        weights: of `sharpening_curves.gradient_weights`.
        title: says what to see.
    """
    figure, [[above], [below]] = panels(title, 2, height=2.3)
    above.axhline(1, color=COLOURS["mle"], linewidth=0.8)
    names = [(exponents.length.max(), 1.0, "mle", COLOURS["mle"])]
    for order, line in exponents.groupby("order"):
        colour = shade(COLOURS["convex-exp"], order)
        above.plot(line.length, line.exponent, color=colour, marker="o", markersize=2.5)
        names.append((line.length.iloc[-1], line.exponent.iloc[-1], f"k = {order:g}", colour))
    above.set(xlabel="length T (tokens)", ylabel="exponent β = T / (T − k)", yscale="log")
    above.set_yticks([1, 1.5, 2, 3, 4], ["1", "1.5", "2", "3", "4"])
    above.minorticks_off()
    beside(figure, above, names)
    names = []
    for (objective, order), line in weights.groupby(["objective", "order"], sort=False, dropna=False):
        colour = shade(COLOURS[objective], order)
        below.plot(line.mean_log_prob, line.weight, color=colour)
        names.append((line.mean_log_prob.iloc[-1], line.weight.iloc[-1], named(objective, {"order": order}), colour))
    below.set(yscale="log", ylim=(1e-7, 1e4), xlabel="log q / T (nats per token)", ylabel="weight next to MLE's")
    beside(figure, below, names)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def agreement(fits: pd.DataFrame, limits: dict[str, float], palette: Palette, title: str) -> Figure:
    """Total variation of fitted models from the closed form: a row per objective, a mark per language and average.

    Args:
        fits: rows of the long table; `distance-from-optimum` is drawn.
        limits: model → the total variation it must not exceed.
        palette: the objectives' colours.
        title: says what to see.
    """
    fits = fits[fits.metric == "distance-from-optimum"]
    if fits.empty:
        return empty()
    names = [named(row.objective, {"order": row.order}) for row in fits.itertuples()]
    fits = fits.assign(label=names, value=fits.value.clip(lower=1e-12))
    rows = list(dict.fromkeys(names))
    figure, [[axis]] = panels(title, 1, height=0.9 + 0.2 * len(rows))
    handles: dict[str, Artist] = {}
    for model, limit in limits.items():
        handles[model] = Line2D([], [], marker=_MARKERS[model], linestyle="none", color=DARK)
        dash = _DASHES[1 + len(handles) // 2]
        handles[f"the limit of {model}"] = axis.axvline(limit, color=TRUTH, linewidth=1, linestyle=dash)
        for (objective, order), own in fits[fits.model == model].groupby(["objective", "order"], dropna=False):
            colour = shade(palette.get(objective, OTHER), order)
            axis.plot(own.value, own.label.map(rows.index), _MARKERS[model], color=colour, markersize=4.5)
    axis.set(xscale="log", xlim=(3e-13, 1), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks([1e-12, 1e-9, 1e-6, 1e-3, 1])
    axis.set_yticks(range(len(rows)), rows)
    axis.set_xlabel("total variation from the closed form")
    legend(figure, handles)
    return figure


def _ranks(axis: Axes, ranked: pd.DataFrame) -> None:
    """The probabilities of the optimum of each order, by rank."""
    for order, own in ranked.groupby("order"):
        points = own[own.probability > 0]
        label = "p (k = 0, MLE)" if order == 0 else f"k = {order:g}"
        look: dict[str, Any] = {"marker": "o", "linestyle": "none"} if len(points) == 1 else {}
        axis.plot(points["rank"], points.probability, color=shade(COLOURS["convex-exp"], order), label=label, **look)
    axis.set(yscale="log", ylim=(1e-7, 1.5), xlabel="string, by rank under p", ylabel="probability of the optimum")
    axis.legend()


def _average(rows: pd.DataFrame) -> pd.Series:
    """What each fit's loss averages over; a divergence has no such option, and stands beside sentence averages."""
    return rows["average"].fillna("sentence") if "average" in rows else pd.Series("sentence", rows.index)
