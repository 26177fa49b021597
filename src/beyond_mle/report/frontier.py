"""Quality against diversity of samples: a curve along a hyper-parameter, a point for what has none."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from beyond_mle.report.results import column
from beyond_mle.report.selections import along, swept, uncut

CELL = ["task", "model", "curve", "at", "objective", "seed"]
COLUMNS = [*CELL, "metric", "across", "x", "y"]
TEMPERATURE = "temperature"
_OF_ONE_OUTPUT = {"distinct-outputs": 1.0, "self-bleu": 100.0}
"""The diversity of samples that are all the same."""


def frontier(
    rows: pd.DataFrame, controls: Mapping[str, str], x: str, metrics: Sequence[str], likeliest: Collection[str]
) -> pd.DataFrame:
    """Metrics of samples against their diversity, seed by seed.

    Two curves per model: the convex objective at each order k, sampled at temperature 1, and its control at each
    temperature of sampling, down to 0, where all samples are the one output of its search. Other objectives are points,
    at temperature 1; what is a control of any is left out, and so are samples of which a nucleus or a cut-off left
    tokens out.

    Args:
        rows: of the long table, of trained systems.
        controls: of each system that has one, the system of its control.
        x: metric of the horizontal axis, of diversity.
        metrics: those of the vertical axes.
        likeliest: the decoders that take the likeliest token everywhere: sampling at temperature 0.

    Returns:
        The columns `COLUMNS`; `curve` is `temperature` or the objective, `at` the temperature or the order.
    """
    rows = uncut(rows)
    rows = rows.assign(temperature=column(rows, TEMPERATURE), order=column(rows, "order"))
    variants = swept(rows, "order").system
    of_variants = along(rows, "order", controls, at_control=0.0)
    heated = of_variants[~of_variants.system.isin(variants)].assign(curve=TEMPERATURE)
    coldest = heated[heated.decoder.isin(likeliest)].assign(temperature=0.0)
    others = rows[(rows.temperature == 1) & ~rows.system.isin(controls.values())]
    is_swept = others.system.isin(variants)
    drawn = pd.concat(
        [
            heated[heated.temperature.notna()].assign(at=heated.temperature),
            _at_one_output(coldest, x, metrics).assign(at=0.0),
            others.assign(curve=others.objective, at=others.order.where(is_swept)),
        ]
    )
    across, up = drawn[drawn.metric == x], drawn[drawn.metric.isin(metrics)]
    both = up.merge(across[[*CELL, "value"]], on=CELL, suffixes=("_y", ""))
    return both.rename(columns={"value": "x", "value_y": "y"}).assign(across=x)[COLUMNS]


def _at_one_output(rows: pd.DataFrame, x: str, metrics: Sequence[str]) -> pd.DataFrame:
    """The rows of a search, with the diversity that samples would have if they all were its output."""
    kept = rows[rows.metric.isin(metrics)]
    of_search = kept.drop_duplicates(["system", "seed"]).assign(metric=x, value=_OF_ONE_OUTPUT[x])
    return pd.concat([kept, of_search])
