"""What several seeds measured: a dot for each, a mark at the mean, a line for the interval over seeds.

As for verdicts, the variance of a few seeds is moderated by that of the others in the picture; the test items, which
verdicts add, are the same for all that is drawn.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from beyond_mle.report.intervals import Estimate, fit_prior


def interval(groups: Any) -> Callable[[pd.Series], tuple[float, float]]:
    """The ends of a 95 % interval over seeds: NaN where nothing is known of the variance.

    Args:
        groups: grouped values of all that is drawn, which moderate each other's variance.
    """
    counted = groups.agg(["count", "var"])
    prior = fit_prior(counted["var"].fillna(0).to_list(), (counted["count"] - 1).to_list())

    def ends(values: pd.Series) -> tuple[float, float]:
        count = len(values)
        variance, df = prior.moderate(float(np.nan_to_num(values.var(ddof=1))), count - 1)
        return Estimate(float(values.mean()), ((variance / count, df),)).interval()

    return ends


def draw(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str], marker: str = "o") -> None:
    """Draw seeds at heights, one label's in one colour.

    Args:
        axis: where to draw.
        rows: the columns value, height and label.
        colours: label → colour.
        marker: of the means.
    """
    shared: dict[str, Any] = {
        **{"data": rows, "x": "value", "y": "height", "hue": "label", "palette": dict(colours)},
        **{"orient": "h", "native_scale": True, "legend": False, "ax": axis},
    }
    if len(rows):
        seaborn.pointplot(
            **shared,
            errorbar=interval(rows.groupby(["label", "height"])["value"]),
            linestyle="none",
            marker=marker,
            markersize=5,
            markeredgewidth=0,
            err_kws={"linewidth": 0.9, "alpha": 0.7},
        )
        seaborn.stripplot(**shared, jitter=False, size=3.6, linewidth=0.5, edgecolor="white", alpha=0.8, zorder=4)


def limits(values: pd.Series, *also: float) -> tuple[float, float]:
    """An axis that shows all seeds and further values; an interval may be longer than it."""
    shown = [*values.dropna(), *also]
    low, high = min(shown), max(shown)
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin
