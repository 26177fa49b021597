"""Verdicts: every claim measured on the long table, and what the 95 % interval of the measured quantity says of it.

The combination of a claim's cells is computed once per seed, so that what the seeds have in common cancels; the
interval is Student's t over seeds. Numbers that have no error (mathematics, fits that depend on no seed) are marked
`exact`; a combination of such numbers only has a point for an interval.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from beyond_mle.errors import UserError, nearest
from beyond_mle.report.claims import Claim, Conditions, Expect, Term

Verdict = Literal["replicated", "contradicted", "inconclusive", "not run"]
Measured = tuple[float | None, float | None, float | None]
"""The mean, and the ends of its interval."""


def scorecard(claims: Sequence[Claim], table: pd.DataFrame, substitutes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Measure every claim.

    Args:
        claims: what to measure.
        table: the long table of a study. Columns that are used without being named in a claim: `task`, `seed`,
            `value`; `objective` and `control`, the objective that a row's run has for a control, if any; `exact`,
            whether the number has no error.
        substitutes: task → the paper's data set whose place it takes.

    Returns:
        Per claim: id, source, statement, paper, measured, low, high, verdict, task (of the study, and the entries for
        which the claim is measured), n_seeds; None is a number that there is not.

    Raises:
        UserError: if a data set, a control or a cell stands for more than one thing, or the table lacks a column.
    """
    tasks = {str(name): rows for name, rows in table.groupby("task", sort=False)}
    return [_row(claim, tasks, substitutes) for claim in claims]


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


def _row(claim: Claim, tasks: Mapping[str, pd.DataFrame], substitutes: Mapping[str, str]) -> dict[str, Any]:
    names = [_task(claim, str(term.conditions["task"]), tasks, substitutes) for term in claim.terms]
    cells = zip(claim.terms, names, strict=True)
    total = sum(term.sign * _number(claim, term, tasks[name]) if name else np.nan for term, name in cells)
    (mean, low, high), n_seeds = _measured(total)
    known = list(dict.fromkeys(name for name in names if name))
    entries = [f"{column} {entry}" for column, entry in claim.measured_for.items() if column != "task"]
    return {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "paper": claim.paper,
        "measured": mean,
        "low": low,
        "high": high,
        "verdict": "not run" if mean is None else verdict(claim.expect, low, high),
        "task": ", ".join([*known, *entries]) if known else None,
        "n_seeds": n_seeds,
    }


def _measured(total: pd.Series | float) -> tuple[Measured, int | None]:
    """What is known of a number or of its values per seed, and how many these are; None of a number without seeds."""
    if isinstance(total, pd.Series):
        values = total.dropna().to_numpy()  # a metric may be undefined for some seed, a seed missing in some cell
        return interval(values), len(values)
    if np.isnan(total):
        return interval(np.array([])), 0
    value = round(float(total), 12) + 0.0  # no more digits than tables hold, and no negative zero
    return (value, value, value), None


def _task(claim: Claim, data: str, tasks: Mapping[str, pd.DataFrame], substitutes: Mapping[str, str]) -> str | None:
    """The task that a data set stands for; None where the study has no such task."""
    named = [name for name in tasks if data in (name, substitutes.get(name))]
    return _only(named, f"claim {claim.id}: the data set '{data}'")


def _number(claim: Claim, term: Term, rows: pd.DataFrame) -> pd.Series | float:
    """A cell: its numbers by seed, or the one that has no error; nan if it is not there.

    Args:
        claim: for error messages.
        term: the cell.
        rows: of the cell's task.
    """
    conditions = {column: entry for column, entry in term.conditions.items() if column != "task"}
    found = _selected(claim, rows, conditions)
    if term.of_control:
        controls = list(found["control"].dropna().unique())
        control = _only(controls, f"claim {claim.id}: the control of {_words(conditions)}")
        if control is None:
            return np.nan
        conditions["objective"] = control
        found = _selected(claim, rows, conditions, of_control=True)
    if found.empty:
        return np.nan
    is_exact = bool(found["exact"].all())
    values = found.set_index("seed")["value"]
    if len(values) > (1 if is_exact else values.index.nunique()):
        settings = [name for name in found if name not in ("value", "control", *(() if is_exact else ("seed",)))]
        several = ", ".join(name for name in settings if found[name].nunique(dropna=False) > 1)
        advice = f"they differ in {several}: add conditions" if several else "they are the same cell"
        raise UserError(f"claim {claim.id}: {len(values)} rows have {_words(conditions)}: {advice}")
    return float(values.iloc[0]) if is_exact else values


def _selected(claim: Claim, rows: pd.DataFrame, conditions: Conditions, *, of_control: bool = False) -> pd.DataFrame:
    """The rows that meet the conditions; a control need not meet those on settings that it does not have."""
    for name, entry in conditions.items():
        if name in rows:
            rows = rows[(rows[name] == entry) | (rows[name].isna() & of_control)]
    for name in conditions:
        if name not in rows and not rows.empty:  # what is not in the study needs no columns
            raise UserError(f"claim {claim.id}: the long table has no column '{name}': {nearest(name, rows.columns)}")
    return rows


def _only(names: list[str], what: str) -> str | None:
    if len(names) > 1:
        raise UserError(f"{what} stands for {' and '.join(names)}: name one of them instead")
    return names[0] if names else None


def _words(conditions: Conditions) -> str:
    return ", ".join(f"{name} {entry}" for name, entry in conditions.items()) or "no condition"
