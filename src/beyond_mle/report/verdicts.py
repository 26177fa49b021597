"""Verdicts: every claim measured, and what the 95 % interval of the measured quantity says of it.

On runs the combination of a claim's cells is computed once per seed from the scores of that seed, so that what the
seeds have in common cancels; the interval is Student's t over seeds. So it is on exact tables that list seeds; other
exact numbers have no error, and their interval is a point.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError, nearest
from beyond_mle.report.claims import CONTROL, Cell, Claim, Conditions, ExactClaim, Expect, RunClaim

Verdict = Literal["replicated", "contradicted", "inconclusive", "not run"]
Measured = tuple[float | None, float | None, float | None]
"""The mean, and the ends of its interval."""


def scorecard(
    claims: list[RunClaim | ExactClaim],
    study: config.Study,
    scores: pd.DataFrame,
    exact: Mapping[str, pd.DataFrame],
) -> list[dict[str, Any]]:
    """Measure every claim.

    Args:
        claims: what to measure.
        study: gives the substitutes of the paper's data sets, and the controls.
        scores: from `read_scores`.
        exact: tables of exact results by name; a claim on another one is not run.

    Returns:
        Per claim and data set, or entry of a list in `where`: id, source, statement, paper, measured, low, high,
        verdict, task (or the exact table), n_seeds; None is a number that there is not.

    Raises:
        UserError: if `control`, a data set or a cell stands for more than one thing, or a table lacks a column.
    """
    by_seed = scores.pivot(index=["task", "model", "objective", "decoder", "metric"], columns="seed", values="value")
    rows: list[dict[str, Any]] = []
    for claim in claims:
        if isinstance(claim, ExactClaim):
            rows += _exact_rows(claim, exact.get(claim.exact))
        else:
            rows += [_run_row(claim, data, study, by_seed) for data in claim.paper]
    return rows


def interval(values: np.ndarray) -> Measured:
    """The mean and the ends of Student's 95 % confidence interval; None where there are too few values."""
    if len(values) == 0:
        return None, None, None
    mean = float(np.mean(values))
    if len(values) == 1:
        return round(mean, 6), None, None
    standard_error = np.std(values, ddof=1) / np.sqrt(len(values))
    margin = float(stats.t.ppf(0.975, len(values) - 1) * standard_error)
    return round(mean, 6), round(mean - margin, 6), round(mean + margin, 6)


def verdict(expect: Expect, low: float | None, high: float | None) -> Verdict:
    """What an interval says of a claim: it decides only if it lies wholly inside or wholly outside what is expected."""
    if low is None or high is None:
        return "inconclusive"
    above, below = low > expect.than + expect.within, high < expect.than - expect.within
    if expect.side == "=":
        inside = low >= expect.than - expect.within and high <= expect.than + expect.within
        return "replicated" if inside else "contradicted" if above or below else "inconclusive"
    if not above and not below:
        return "inconclusive"
    return "replicated" if above == (expect.side == ">") else "contradicted"


def _judged(expect: Expect, measured: Measured) -> dict[str, Any]:
    """A row's numbers and verdict."""
    mean, low, high = measured
    found = "not run" if mean is None else verdict(expect, low, high)
    return {"measured": mean, "low": low, "high": high, "verdict": found}


Key = tuple[str, str, str, str, str]
"""Task, model, objective, decoder, metric."""


def _run_row(claim: RunClaim, data: str, study: config.Study, by_seed: pd.DataFrame) -> dict[str, Any]:
    """A claim measured on one data set."""
    terms = [(1, _key(cell, data, study, claim)) for cell in claim.plus]
    terms += [(-1, _key(cell, data, study, claim)) for cell in claim.minus]
    values = _values(terms, by_seed)
    return {
        "id": claim.id if len(claim.paper) == 1 else f"{claim.id}-{data}",
        "source": f"{claim.source}, {data}",
        "statement": claim.statement,
        "paper": claim.paper[data],
        **_judged(claim.expect, interval(values)),
        "task": ", ".join(dict.fromkeys(key[0] for _, key in terms if key is not None)) or None,
        "n_seeds": len(values),
    }


def _values(terms: list[tuple[int, Key | None]], by_seed: pd.DataFrame) -> np.ndarray:
    """The combination, one value per seed; empty if a cell is not in the study."""
    if any(key is None or key not in by_seed.index for _, key in terms):
        return np.array([])
    values = np.sum([sign * by_seed.loc[key].to_numpy() for sign, key in terms], axis=0)
    return values[~np.isnan(values)]  # a metric may be undefined for some seed


def _key(cell: Cell, data: str, study: config.Study, claim: Claim) -> Key | None:
    """A cell of a claim measured on `data`; None where the study has no such task or control."""
    data = cell.data or data
    tasks = [name for name in study.tasks if data in (name, study.substitutes.get(name))]
    task = _only(tasks, f"claim {claim.id}: the data set '{data}'")
    objective: str | None = cell.objective
    if objective == CONTROL:
        runs = (run for run in config.runs(study) if (run.task, run.model) == (task, cell.model))
        controls = list(dict.fromkeys(run.control for run in runs if run.control))
        objective = _only(controls, f"claim {claim.id}: 'control' of {cell.model} on {task}")
    if task is None or objective is None:
        return None
    return task, cell.model, objective, cell.decoder, cell.metric


def _only(names: list[str], what: str) -> str | None:
    if len(names) > 1:
        raise UserError(f"{what} stands for {' and '.join(names)}: name one of them instead")
    return names[0] if names else None


def _exact_rows(claim: ExactClaim, table: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    """A claim measured for each entry of the lists in `where`."""
    lists = {column: entries for column, entries in claim.where.items() if isinstance(entries, list)}
    for chosen in itertools.product(*lists.values()):
        shared = claim.where | dict(zip(lists, chosen, strict=True))
        measured, n_seeds = _measure(claim, shared, table)
        yield {
            "id": "-".join([claim.id, *map(str, chosen)]),
            "source": claim.source,
            "statement": claim.statement,
            "paper": claim.paper,
            **_judged(claim.expect, measured),
            "task": ", ".join([claim.exact, *(f"{name} {entry}" for name, entry in zip(lists, chosen, strict=True))]),
            "n_seeds": n_seeds,
        }


def _measure(claim: ExactClaim, shared: Conditions, table: pd.DataFrame | None) -> tuple[Measured, int | None]:
    """The combination and over how many seeds it is; None for numbers that have no seeds, 0 if a cell is missing."""
    if table is None:
        return interval(np.array([])), 0
    plus, minus = ([_cell(claim, shared | cell, table) for cell in cells] for cells in (claim.plus, claim.minus))
    total = sum(plus) - sum(minus)
    if isinstance(total, pd.Series):
        values = total.dropna().to_numpy()  # a run may have failed
        return interval(values), len(values)
    if np.isnan(total):
        return interval(np.array([])), 0
    value = round(float(total), 12) + 0.0  # no more digits than tables hold, and no negative zero
    return (value, value, value), None


def _cell(claim: ExactClaim, conditions: Conditions, table: pd.DataFrame) -> pd.Series | float:
    """The number in the row that meets the conditions, or one per seed; nan if there is no such row."""
    rows = table
    for name in (*conditions, claim.value):
        if name not in table:
            raise UserError(f"claim {claim.id}: {claim.exact} has no column '{name}': {nearest(name, table.columns)}")
    for name, entry in conditions.items():
        column = rows[name]
        as_text = isinstance(entry, str) or not pd.api.types.is_numeric_dtype(column)
        rows = rows[column.astype(str) == str(entry) if as_text else column == entry]
    has_seeds = "seed" in rows and rows["seed"].notna().any()
    values = rows.set_index("seed")[claim.value] if has_seeds else rows[claim.value]
    if len(values) > (values.index.nunique() if has_seeds else 1):
        met = ", ".join(f"{name} {entry}" for name, entry in conditions.items()) or "no condition"
        raise UserError(f"claim {claim.id}: {len(values)} rows of {claim.exact} have {met}: add conditions")
    return values if has_seeds else float(values.iloc[0]) if len(values) else np.nan
