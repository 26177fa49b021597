"""Two metrics that are traded for each other, system by system: covering against seeking, coverage against validity.

Beside an objective stands its decoder twin: the decoder that would make the same distribution of an MLE model that is
p (escorts of p by tokens or by whole strings, distributions with a cut).
"""

from collections.abc import Mapping

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import column, identity
from beyond_mle.report.style import ORACLE

COLUMNS = ["family", "curve", "at", "objective", "seed", "across", "x", "metric", "y"]
_KNOBS = ["order", "pi", "alpha"]
"""What curves of objectives run along."""
_TWINS = {"decoder.order": "power sampling", "nucleus": "nucleus", "cutoff": "cut-off", "temperature": "temperature"}
"""What curves of decoders run along: column → the curve."""
_OFF = {"nucleus": 1.0, "cutoff": 0.0, "temperature": 1.0}
"""Where a decoder samples from the model itself."""
OF_STRINGS, OF_TOKENS, OF_SAMPLES = "Weights of whole strings", "Weights of tokens", "Against samples of the model"
_FAMILIES = {
    **dict.fromkeys(("convex-exp", "convex-power", "convex-pure", "power sampling"), OF_STRINGS),
    **dict.fromkeys(("token-power", "brier", "temperature", "nucleus", "cut-off"), OF_TOKENS),
    **dict.fromkeys(("js", "reverse-kl", "js-adversarial", "scheduled-sampling"), OF_SAMPLES),
}
"""Kind of objective, or curve of a decoder → the panel in which they stand beside each other."""
READING = "Marks: means over seeds, named with k, π, α, or the decoder's own number. Dots: seeds."


def trade_off(rows: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """One metric against another, seed by seed, in one panel.

    Args:
        rows: of the long table.
        x: metric of the horizontal axis.
        y: metric of the vertical axis.

    Returns:
        The columns `COLUMNS`: `curve` is the objective, `at` its k, π or α where it has one, `family` the model.
    """
    at = pd.concat([column(rows, name) for name in _KNOBS], axis=1).bfill(axis=1).iloc[:, 0].astype(float)
    return _crossed(rows.assign(family=rows.model, curve=rows.objective, at=at), x, y)


def beside_twins(rows: pd.DataFrame, jobs: Mapping[str, Job], control: str, x: str, y: str) -> pd.DataFrame:
    """The same of samples, in a panel for each family, with the decoders of one MLE model among them.

    Args:
        rows: of the long table, of samples.
        jobs: those of the study, which know the kinds of objectives.
        control: the objective, a plain one, whose model the decoders are tried on; it stands in every panel, as p does.
        x: metric of the horizontal axis.
        y: metric of the vertical axis.

    Returns:
        The columns `COLUMNS`; of decoders `curve` is the decoder, `at` its number, and `objective` is the control.
    """
    kinds = {job.run.objective.name: job.objective.kind for job in jobs.values()}
    rows = rows.assign(**{name: column(rows, name) for name in _TWINS})
    moved = {name: rows[name].notna() & (rows[name] != _OFF.get(name)) for name in _TWINS}
    is_plain = ~pd.concat(moved, axis=1).any(axis=1)
    own = trade_off(rows[is_plain & (rows.model != ORACLE)], x, y)
    own = own.assign(family=own.objective.map(kinds).map(_FAMILIES))
    of_control = (rows.objective == control) & (rows.model != ORACLE)
    twins = [
        _crossed(found.assign(curve=curve, at=found[name], family=_FAMILIES[curve]), x, y)
        for name, curve in _TWINS.items()
        if len(found := rows[of_control & moved[name]])
    ]
    p = rows[is_plain & (rows.model == ORACLE) & (rows.objective == "mle")]
    everywhere = pd.concat([own[own.objective == control], trade_off(p, x, y).assign(curve="p")])
    families = [everywhere.assign(family=family) for family in dict.fromkeys(_FAMILIES.values())]
    return pd.concat([*families, own[own.family.notna()], *twins], ignore_index=True)[COLUMNS]


def _crossed(rows: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Where both metrics were measured."""
    keys = [name for name in identity(rows) if name != "metric"] + ["seed"]
    across, up = rows[rows.metric == x], rows[rows.metric == y]
    both = up.merge(across[[*keys, "value"]], on=keys, suffixes=("_y", ""))
    return both.rename(columns={"value": "x", "value_y": "y"}).assign(across=x)[COLUMNS]


def near(rows: pd.DataFrame, most: float, title: str) -> pd.DataFrame:
    """All rows in one panel, and in one before it those that have at most so much on the horizontal axis.

    Args:
        rows: of `trade_off`.
        most: of x.
        title: of the panel of those.
    """
    return pd.concat([rows[rows.x <= most].assign(family=title), rows.assign(family="All")], ignore_index=True)


def means(rows: pd.DataFrame) -> pd.DataFrame:
    """The means over seeds and their number, a row for each mark.

    Args:
        rows: of `trade_off` or `beside_twins`.
    """
    marks = rows.groupby(["family", "curve", "at"], sort=False, dropna=False).agg(
        x=("x", "mean"), y=("y", "mean"), seeds=("seed", "count")
    )
    names = {"x": rows.across.iloc[0], "y": rows.metric.iloc[0]} if len(rows) else {}
    return marks.reset_index().rename(columns=names)
