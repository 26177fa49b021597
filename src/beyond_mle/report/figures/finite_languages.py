"""Figures of optima on finite languages, and of models that were fitted to them."""

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from beyond_mle.report.figures import empty
from beyond_mle.report.style import PLOT_SETTINGS, metric_label, named

_BLUES = ("#08306B", "#08519C", "#2171B5", "#4292C6", "#6BAED6", "#9ECAE1", "#C6DBEF")
_COLOURS = {
    "mle": "#595959",
    "convex-exp": "#0072B2",
    "convex-power": "#D55E00",
    "convex-pure": "#009E73",
    "truth": "#000000",
    "fixed-point": "#0072B2",
    "minimiser": "#D55E00",
    "argmax": "#009E73",
}
_DASHES = ("-", "--", ":", "-.")
_SOLUTIONS = {
    "truth": "Q = P",
    "fixed-point": "fixed point of the algorithm",
    "minimiser": "minimiser of eq. 6",
    "argmax": "argmax variant",
}
_MARKERS = {"tabular": "o", "string-network": "x"}


@matplotlib.rc_context(PLOT_SETTINGS)
def sharpening(ranked: pd.DataFrame, entropies: pd.DataFrame, fits: pd.DataFrame) -> Figure:
    """Left: probability by rank, a line per order. Right: entropy against the order, fitted models as points.

    Args:
        ranked: of `sharpening_curves.ranked`.
        entropies: of `sharpening_curves.entropies`.
        fits: rows of the long table; the entropies of convex-exp with sentence averages are drawn.
    """
    fits = fits[(fits.metric == "sequence-entropy") & (fits.objective == "convex-exp")]
    fits = fits[_average(fits) == "sentence"]
    figure = Figure(figsize=(9, 3.6))
    left, right = figure.subplots(1, 2)
    orders = sorted(ranked.order.unique())
    for order, colour in zip(orders, _spread(_BLUES[::-1], len(orders)), strict=True):
        points = ranked[(ranked.order == order) & (ranked.probability > 0)]
        label = "p (k = 0, MLE)" if order == 0 else f"k = {order:g}"
        style = {"marker": "o", "linestyle": "none"} if len(points) == 1 else {}
        left.plot(points["rank"], points.probability, color=colour, label=label, **style)
    left.set(yscale="log", ylim=(1e-7, 1.5), xlabel="string, by rank under p", ylabel="probability of the optimum")
    left.legend()
    for (task, curve), colour in zip(entropies.groupby("task", sort=False), list(_COLOURS.values())[1:5], strict=False):
        gap = curve.order.diff() > 1.5 * curve.order.diff().min()
        right.plot(curve.order, curve.entropy.mask(gap), color=colour, label=task)
        for model, marker in _MARKERS.items():
            points = fits[(fits.task == task) & (fits.model == model)]
            right.plot(points.order, points.value, marker, color=colour, fillstyle="none", markersize=6)
    for model, marker in _MARKERS.items():
        right.plot([], [], marker, color="#595959", fillstyle="none", label=model)
    right.set(xlabel="order k", ylabel=metric_label("sequence-entropy"), ylim=(-0.15, None))
    right.legend()
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def length_and_weight(exponents: pd.DataFrame, weights: pd.DataFrame) -> Figure:
    """Left: the exponent β by length, a line per order. Right: each objective's weight by mean log-probability.

    Args:
        exponents: of `sharpening_curves.exponents`.
        weights: of `sharpening_curves.gradient_weights`.
    """
    figure = Figure(figsize=(9, 3.6))
    left, right = figure.subplots(1, 2)
    for (order, line), colour in zip(exponents.groupby("order"), _BLUES[:6:2], strict=False):
        left.plot(line.length, line.exponent, color=colour, marker="o", markersize=2.5, label=f"k = {order:g}")
    left.axhline(1, color=_COLOURS["mle"], linewidth=0.8)
    left.annotate("MLE", (1, 1), (0, 3), textcoords="offset points", fontsize=8)
    left.set(xlabel="length T", ylabel="exponent β = T / (T − k)", yscale="log")
    left.set_yticks([1, 1.5, 2, 3, 4], ["1", "1.5", "2", "3", "4"])
    left.minorticks_off()
    left.legend()
    drawn: dict[str, int] = {}
    for (objective, order), line in weights.groupby(["objective", "order"], sort=False, dropna=False):
        dash = _DASHES[drawn.get(objective, 0)]
        drawn[objective] = drawn.get(objective, 0) + 1
        label = named(objective, {"order": order})
        right.plot(line.mean_log_prob, line.weight, dash, color=_COLOURS[objective], label=label)
    right.set(yscale="log", ylim=(1e-7, 1e4), xlabel="log q / T (nats per token)", ylabel="weight next to MLE's")
    right.legend(fontsize=8, ncols=2, loc="upper left")
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def agreement(fits: pd.DataFrame, limits: dict[str, float]) -> Figure:
    """Total variation of fitted models from the closed form: a panel per language and average, a row per objective.

    Args:
        fits: rows of the long table; `distance-from-optimum` is drawn.
        limits: model → the total variation it must not exceed.
    """
    fits = fits[fits.metric == "distance-from-optimum"]
    fits = fits.assign(average=_average(fits))
    panels = list(fits.groupby(["task", "average"], sort=False))
    if not panels:
        return empty()
    names = list(dict.fromkeys(named(row.objective, {"order": row.order}) for row in fits.itertuples()))
    figure = Figure(figsize=(10, 1.1 + 0.2 * len(names)))
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for axis, ((task, average), rows) in zip(axes, panels, strict=True):
        for (model, limit), colour in zip(limits.items(), ("#0072B2", "#D55E00"), strict=False):
            points = rows[rows.model == model]
            heights = [names.index(named(row.objective, {"order": row.order})) for row in points.itertuples()]
            axis.plot(points.value.clip(lower=1e-12), heights, _MARKERS[model], color=colour, label=model, markersize=4)
            axis.axvline(limit, color=colour, linewidth=0.8, linestyle="--")
        title = f"{task}, per token" if average == "token" else task
        axis.set(title=title, xscale="log", xlim=(3e-13, 1), ylim=(len(names) - 0.5, -0.5))
        axis.set_xticks([1e-12, 1e-8, 1e-4])
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    figure.supxlabel("total variation from the closed form (dashed: the limit it must keep)", fontsize=9)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@matplotlib.rc_context(PLOT_SETTINGS)
def scheduled_sampling(table: pd.DataFrame) -> Figure:
    """Four metrics against ε, a line per solution; length 3 is dotted.

    Args:
        table: of `Page.identities`.
    """
    panels = {
        "d-ss": "D_SS, eq. 6 (nats)",
        "kl": "KL[P‖Q] (nats)",
        "dependence-kept": "dependence kept (%)",
        "first-symbol-shift": "total variation of Q₁ from P₁",
    }
    figure = Figure(figsize=(8, 5.4))
    axes = figure.subplots(2, 2, sharex=True)
    for axis, (metric, label) in zip(axes.flat, panels.items(), strict=True):
        for (task, solution), rows in table[table.metric == metric].groupby(["task", "model"], sort=False):
            triples = task == "strings-triples"
            name = f"{_SOLUTIONS[solution]}, length 3" if triples else _SOLUTIONS[solution]
            dash = ":" if triples else "--" if solution == "minimiser" else "-"
            axis.plot(rows.epsilon, rows.value, dash, color=_COLOURS[solution], label=name)
        axis.set_ylabel(label)
    for axis in axes[1]:
        axis.set_xlabel("ε, probability of the true symbol")
    figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _average(rows: pd.DataFrame) -> pd.Series:
    """What each fit's loss averages over; a divergence has no such option, and stands beside sentence averages."""
    return rows["average"].fillna("sentence") if "average" in rows else pd.Series("sentence", rows.index)


def _spread(colours: tuple[str, ...], n: int) -> list[str]:
    """n of the colours, from the first to the last."""
    return [colours[round(i * (len(colours) - 1) / max(1, n - 1))] for i in range(n)]
