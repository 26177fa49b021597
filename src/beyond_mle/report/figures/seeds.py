"""What several seeds measured: a dot for each, a mark at the mean, a line for the interval that verdicts use."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from beyond_mle.report.verdicts import interval


def student(values: pd.Series) -> tuple[float, float]:
    """The ends of Student's 95 % interval; NaN for a single value."""
    _, low, high = interval(values.to_numpy())
    return (np.nan, np.nan) if low is None or high is None else (low, high)


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
            errorbar=student,
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
