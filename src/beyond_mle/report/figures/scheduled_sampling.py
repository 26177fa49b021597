"""The closed-form solutions of scheduled sampling, against ε."""

from itertools import chain
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from beyond_mle.report.figures import PLOT_SETTINGS, legend, panels
from beyond_mle.report.style import COLOURS, TRUTH

_SOLUTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "truth": ("Q = P", {"color": TRUTH, "linestyle": "-"}),
    "fixed-point": ("fixed point of the algorithm", {"color": COLOURS["scheduled-sampling"], "linestyle": "-"}),
    "minimiser": ("minimiser of eq. 6", {"color": TRUTH, "linestyle": "--"}),
    "argmax": ("argmax variant", {"color": COLOURS["scheduled-sampling"], "linestyle": "-.", "linewidth": 2}),
}
_PANELS = {
    "d-ss": "D_SS, eq. 6 (nats)",
    "kl": "KL[P‖Q] (nats)",
    "dependence-kept": "dependence kept (%)",
    "first-symbol-shift": "Q₁ from P₁ (total variation)",
}


@matplotlib.rc_context(PLOT_SETTINGS)
def optima(table: pd.DataFrame, title: str) -> Figure:
    """Four metrics against ε, a line per solution; length 3 is dotted.

    Args:
        table: of `Page.identities`.
        title: says what to see.
    """
    figure, grid = panels(title, 2, 2, height=2.0, sharex=True)
    handles = {}
    for axis, (metric, label) in zip(chain(*grid), _PANELS.items(), strict=True):
        for (task, solution), rows in table[table.metric == metric].groupby(["task", "model"], sort=False):
            name, look = _SOLUTIONS[solution]
            if task == "strings-triples":
                name, look = f"{name}, length 3", {**look, "linestyle": ":"}
            (handles[name],) = axis.plot(rows.epsilon, rows.value, **look)
        axis.set_title(label)
    for axis in grid[1]:
        axis.set_xlabel("ε, share of true symbols")
    legend(figure, handles)
    return figure
