"""Quality against diversity of samples: a curve along a hyper-parameter, a point for what has none."""

from collections.abc import Mapping

import pandas as pd

from beyond_mle.report.labels import labelled
from beyond_mle.report.results import column, over_seeds
from beyond_mle.report.selections import along, swept

CELL = ["task", "task_label", "model", "curve", "at", "objective", "label", "decoder"]
COLUMNS = [*CELL, "x", "x_sd", "y", "y_sd"]
TEMPERATURE = "temperature"


def frontier(
    rows: pd.DataFrame, controls: Mapping[str, str], sections: Mapping[str, str], x: str, y: str
) -> pd.DataFrame:
    """Two metrics of samples against each other, means and sds over seeds.

    Two curves per model: the convex objective at each order k, sampled at temperature 1, and its control at each
    temperature of sampling. Other objectives are points, at temperature 1; what is a control of any is left out.

    Args:
        rows: of the long table, of trained systems.
        controls: of each system that has one, the system of its control.
        sections: of `results.sections`.
        x: metric of the horizontal axis.
        y: metric of the vertical axis.

    Returns:
        The columns `COLUMNS`; `curve` is `temperature` or the objective, `at` the temperature or the order.
    """
    rows = rows.assign(temperature=column(rows, TEMPERATURE), order=column(rows, "order"))
    variants = swept(rows, "order").system
    of_variants = along(rows, "order", controls, at_control=0.0)
    heated = of_variants[~of_variants.system.isin(variants)]
    others = rows[(rows.temperature == 1) & ~rows.system.isin(controls.values())]
    curves = others.objective.where(others.system.isin(variants), None)
    drawn = pd.concat(
        [
            heated[heated.temperature.notna()].assign(curve=TEMPERATURE, at=heated.temperature, order=float("nan")),
            others.assign(curve=curves.fillna(others.objective), at=others.order.where(curves.notna())),
        ]
    )
    cells = labelled(over_seeds(drawn, [x, y]), sections)
    across, up = (cells[cells.metric == name][[*CELL, "mean", "sd"]] for name in (x, y))
    both = across.merge(up, on=CELL, suffixes=("", "_y"))
    return both.rename(columns={"mean": "x", "sd": "x_sd", "mean_y": "y", "sd_y": "y_sd"})[COLUMNS]
