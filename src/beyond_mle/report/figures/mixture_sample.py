"""How wide the fits to a sample of mixtures are, between the limits of covering and of seeking."""

from collections.abc import Collection

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from beyond_mle.report.figures import DARK, MARKERS, PLOT_SETTINGS, Palette, empty, legend, panels
from beyond_mle.report.style import OTHER, shade


@matplotlib.rc_context(PLOT_SETTINGS)
def positions(
    rows: pd.DataFrame, shares: pd.DataFrame, chosen: Collection[int], palette: Palette, title: str
) -> Figure:
    """Where σ lies between the two limits: a curve per π, its name with the share that is like maximum likelihood.

    Args:
        rows: of `plane_samples.positions`.
        shares: of `plane_samples.shares`.
        chosen: seeds of mixtures to mark.
        palette: objective → colour.
        title: says what to see.
    """
    if rows.empty:
        return empty()
    figure, ((axis,),) = panels(title, 1, height=3.4)
    marked = list(zip(chosen, MARKERS, strict=False))
    handles = {}
    for share in shares.itertuples():
        colour = shade(palette.get("js", OTHER), None, share.pi)
        own = rows[rows.pi == share.pi].sort_values("position", kind="stable").set_index("mixture_seed").position
        percent = 100 * np.arange(1, len(own) + 1) / len(own)
        label = rf"$\pi$ = {share.pi:g}: {share.share:.0f} % [{share.low:.0f}, {share.high:.0f}] right of the middle"
        (handles[label],) = axis.step(own, percent, where="post", color=colour)
        for seed, marker in marked:
            at = own.index == seed
            axis.plot(own[at], percent[at], marker, color=colour, markeredgecolor="white", clip_on=False)
    axis.axvline(0.5, color=DARK, linewidth=0.8, linestyle="--")
    axis.set(xlim=(-0.03, 1.05), ylim=(0, 102), ylabel="% of the mixtures, at most so wide")
    axis.set_xlabel(r"position of $\sigma$: 0 as of KL[Q‖P], 1 as of KL[P‖Q]")
    seeds = {f"seed {seed}": Line2D([], [], color="grey", marker=marker, linestyle="") for seed, marker in marked}
    legend(figure, handles | seeds)
    return figure
