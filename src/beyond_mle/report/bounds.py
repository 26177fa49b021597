"""Bounds on the likelihood beside what is known of it exactly."""

import pandas as pd

KINDS = {
    "nll": "bound",
    "nll-importance": "importance-weighted bound",
    "nll-exact": "exact",
}
"""Metric → what it is, from the loosest to the tightest."""


def beside_exact(rows: pd.DataFrame) -> pd.DataFrame:
    """The systems whose exact likelihood is known: all that is known of it as one metric, `nll-exact`.

    Args:
        rows: of `Page.seeds`, of the metrics `KINDS`.

    Returns:
        The rows with what each is in place of the model.
    """
    known = rows[rows.system.isin(rows[rows.metric == "nll-exact"].system)]
    return known.assign(model=known.metric.map(KINDS), metric="nll-exact")


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with models called a bound of whose metric only a bound is known."""
    bound = rows.certainty == "lower-bound"
    return rows.assign(model=rows.model.where(~bound, rows.model + " (bound)"))
