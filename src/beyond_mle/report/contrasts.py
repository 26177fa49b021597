"""Contrasts: the sums and differences of cells of the long table that claims are about, seed by seed and resampled.

A cell has a number per seed, or one that depends on no seed, and the items that each was made of. Resampling the items
of a task draws the same ones for every cell of it, so that what arms and seeds have in common cancels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from beyond_mle.errors import UserError, nearest
from beyond_mle.metric import Metric
from beyond_mle.report.claims import AtEqual, Claim, Conditions, Entry, Term
from beyond_mle.report.style import metric

Items = Callable[[str, int, str], np.ndarray | None]
"""What a number is made of, [I] or [I, F]: by system, seed and the name in the long table's column `items`."""
EXACT = "exact"
"""In place of a seed, of a number that depends on none."""
Seed = int | str
_SEED_OF_RESAMPLES = 12345


@dataclass(frozen=True)
class Cell:
    """A cell of the long table."""

    values: Mapping[Seed, np.ndarray]
    """Of each seed the number [1], or itself and then that of every resample of the items [1 + R]."""
    items: int
    """How many items it is made of; 0 where that is not known."""
    system: str
    """Whose number it is; empty of one that follows from no run."""

    def of(self, seed: Seed) -> np.ndarray | None:
        """The number of a seed; an exact one is that of every seed."""
        return self.values.get(EXACT, self.values.get(seed))


@dataclass(frozen=True)
class Part:
    """What a contrast has on one task: a set of test items, on which all that is compared is paired."""

    task: str
    values: dict[Seed, float]
    """Per seed the contrast, or `EXACT` → the contrast."""
    weight: float
    """The sum of the squared coefficients of the cells that depend on the seed."""
    resampled_R: np.ndarray
    """The contrast, averaged over the seeds, of every resample of the items; empty where there are no items."""
    items: int
    missing: tuple[Seed, ...]
    """Seeds that some cells have and others have not."""
    compared_with: float
    """The mean of the first cell that is subtracted, or else of the first one."""
    systems: tuple[str, ...]
    """Whose numbers they are."""

    @property
    def is_exact(self) -> bool:
        """Whether it depends on no seed."""
        return EXACT in self.values

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(list(self.values.values())))

    @cached_property
    def item_variance(self) -> float:
        """The variance over the resamples of the items."""
        return float(np.var(self.resampled_R, ddof=1))

    @cached_property
    def seed_variance(self) -> tuple[float, int]:
        """The sample variance over seeds per squared coefficient, and its degrees of freedom."""
        count = len(self.values)
        if self.is_exact or count < 2:
            return 0.0, 0
        return float(np.var(list(self.values.values()), ddof=1)) / self.weight, count - 1


@dataclass(frozen=True)
class Contrast:
    """A claim's measured quantity."""

    claim: Claim
    parts: list[Part] = field(default_factory=list)
    lacking: str = ""
    """What is not in the study, in words; then there are no parts."""

    @property
    def metric(self) -> Metric:
        """Of its cells."""
        return metric(self.claim.metric)


class Cells:
    """Looks cells up in a study's long table."""

    def __init__(self, table: pd.DataFrame, substitutes: Mapping[str, str], items: Items, resamples: int):
        """Take the tables.

        Args:
            table: the long table. Columns that are used without being named in a claim: `task`, `seed`, `value`,
                `system`, `items`; `objective` and `control`, the objective that a row's run has for a control, if any;
                `exact`, whether the number depends on no seed.
            substitutes: task → the paper's data set whose place it takes.
            items: of a number of the table.
            resamples: of the items.
        """
        self._tasks = {str(name): rows for name, rows in table.groupby("task", sort=False)}
        self._substitutes = substitutes
        self._items = items
        self._counts = cache(lambda count: _resample(count, resamples))
        self._numbers = cache(self._number)
        self._cells: dict[tuple[Any, ...], Cell | None] = {}

    def contrast(self, claim: Claim) -> Contrast:
        """Measure a claim.

        Raises:
            UserError: if a data set, a control or a cell stands for more than one thing, or the table lacks a column.
        """
        found: list[tuple[str, Term, Cell]] = []
        for term in claim.terms:
            data = str(term.conditions["task"])
            task = self._task(claim, data)
            if task is None:
                return Contrast(claim, lacking=claim.not_run or f"{data} is not in this study")
            if claim.at_equal is not None and term.sign < 0:
                cell = self._where_equal(claim, claim.at_equal, term, self._tasks[task])
            else:
                cell = self._cell(claim, term, self._tasks[task])
            if cell is None:
                lacking = claim.not_run or f"not in this study: {task}, {_words(_of_row(term))}"
                return Contrast(claim, lacking=lacking)
            if not cell.values and claim.at_equal is not None:
                return Contrast(claim, lacking=f"no {claim.at_equal.along} gives an equal {claim.at_equal.metric}")
            found.append((task, term, cell))
        if not found:
            return Contrast(claim, lacking=claim.not_run)
        found.sort(key=lambda one: one[0])
        parts = [_part(task, [one[1:] for one in group]) for task, group in groupby(found, key=lambda one: one[0])]
        if empty := next((part for part in parts if not part.values), None):
            return Contrast(claim, lacking=f"no seed has all of its cells on {empty.task}")
        return Contrast(claim, parts)

    def _task(self, claim: Claim, data: str) -> str | None:
        """The task that a data set stands for; None where the study has no such task."""
        named = [name for name in self._tasks if data in (name, self._substitutes.get(name))]
        return _only(named, f"claim {claim.id}: the data set '{data}'")

    def _where_equal(self, claim: Claim, at: AtEqual, term: Term, rows: pd.DataFrame) -> Cell | None:
        """What is subtracted, read off between the rows along a column; None where it is not there.

        Seeds in which no two rows enclose what the cell that is added has of the metric are left out.
        """
        added = self._cell(claim, _with(claim.terms[0], metric=at.metric), rows)
        places = sorted(_selected(claim, rows, _of_row(term))[at.along].dropna().unique())
        along = [_with(term, **{at.along: place}) for place in places]
        cells = [(self._cell(claim, one, rows), self._cell(claim, _with(one, metric=at.metric), rows)) for one in along]
        found = [(cell, scale) for cell, scale in cells if cell is not None and scale is not None]
        if added is None or not found:
            return None
        values: dict[Seed, np.ndarray] = {}
        for seed, goal_R in added.values.items():
            rest = [(cell.of(seed), scale.of(seed)) for cell, scale in found]
            known = [(cell_R, scale_R) for cell_R, scale_R in rest if cell_R is not None and scale_R is not None]
            if not known:
                continue
            value_NR, scale_NR = (np.array(one) for one in zip(*known, strict=True))
            if scale_NR[:, 0].min() <= goal_R[0] <= scale_NR[:, 0].max():
                values[seed] = _read_off(goal_R, scale_NR, value_NR)
        return Cell(values, min(cell.items for cell, _ in found), found[0][0].system)

    def _cell(self, claim: Claim, term: Term, rows: pd.DataFrame) -> Cell | None:
        """The cell of a term among the rows of its task; None where it is not there."""
        key = (term.of_control, *sorted(term.conditions.items()))
        if key not in self._cells:
            self._cells[key] = self._found(claim, term, rows)
        return self._cells[key]

    def _found(self, claim: Claim, term: Term, rows: pd.DataFrame) -> Cell | None:
        conditions = _of_row(term)
        found = _selected(claim, rows, conditions)
        if term.of_control:
            controls = list(found["control"].dropna().unique())
            control = _only(controls, f"claim {claim.id}: the control of {_words(conditions)}")
            if control is None:
                return None
            conditions["objective"] = control
            found = _selected(claim, rows, conditions, of_control=True)
        found = found[found["value"].notna()]
        if found.empty:
            return None
        is_exact = bool(found["exact"].all())
        if len(found) > (1 if is_exact else found["seed"].nunique()):
            settings = [name for name in found if name not in ("value", "control", *(() if is_exact else ("seed",)))]
            several = ", ".join(name for name in settings if found[name].nunique(dropna=False) > 1)
            advice = f"they differ in {several}: add conditions" if several else "they are the same cell"
            raise UserError(f"claim {claim.id}: {len(found)} rows have {_words(conditions)}: {advice}")
        numbers = {
            EXACT if is_exact else int(row.seed): self._numbers(
                row.metric, float(row.value), row.system, row.seed, getattr(row, "items", None)
            )
            for row in found.itertuples()
        }
        values = {seed: one for seed, (one, _) in numbers.items()}
        system = found["system"].iloc[0]
        return Cell(values, min(n for _, n in numbers.values()), system if isinstance(system, str) else "")

    def _number(self, name: str, value: float, system: str, seed: float, items: str | None) -> tuple[np.ndarray, int]:
        """A number and those of the resamples of its items, and how many items these are."""
        made_of = self._items(system, int(seed), items) if isinstance(items, str) else None
        if made_of is None:
            return np.array([value]), 0
        resampled_R = metric(name).of_items(made_of, self._counts(len(made_of)))
        return np.concatenate([[value], resampled_R]), len(made_of)


def _part(task: str, terms: list[tuple[Term, Cell]]) -> Part:
    """The terms of one task added up."""
    seeds = [set(cell.values) for _, cell in terms if EXACT not in cell.values]
    shared: list[Seed] = sorted(set.intersection(*seeds)) if seeds else [EXACT]
    count = min(cell.items for _, cell in terms)
    length = None if count else 1  # resamples, where every cell has them
    by_seed: dict[Seed, np.ndarray] = {}
    for seed in shared:
        numbers = [(term.sign, cell.of(seed)) for term, cell in terms]
        by_seed[seed] = sum((sign * number[:length] for sign, number in numbers if number is not None), np.zeros(1))
    coefficients: dict[int, float] = {}
    for term, cell in terms:
        if EXACT not in cell.values:
            coefficients[id(cell)] = coefficients.get(id(cell), 0.0) + term.sign
    beside = next((cell for term, cell in terms if term.sign < 0), terms[0][1])
    return Part(
        task,
        values={seed: round(float(numbers[0]), 12) + 0.0 for seed, numbers in by_seed.items()},
        weight=sum(one**2 for one in coefficients.values()) or 1.0,
        resampled_R=np.mean([numbers[1:] for numbers in by_seed.values()], axis=0) if by_seed else np.zeros(0),
        items=count,
        missing=tuple(sorted(set.union(*seeds) - set(shared))) if seeds else (),
        compared_with=float(np.mean([values[0] for values in beside.values.values()])),
        systems=tuple(dict.fromkeys(cell.system for _, cell in terms if cell.system)),
    )


def _resample(count: int, resamples: int) -> np.ndarray:
    """How often each of so many items is in each resample [R, I]: the same for all cells with as many."""
    rng = np.random.default_rng(_SEED_OF_RESAMPLES)
    return rng.multinomial(count, np.full(count, 1 / count), size=resamples).astype(float)


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


def _of_row(term: Term) -> Conditions:
    """The conditions on a row of the term's task."""
    return {column: entry for column, entry in term.conditions.items() if column != "task"}


def _with(term: Term, **further: Entry) -> Term:
    return replace(term, conditions=term.conditions | further)


def _read_off(goal_R: np.ndarray, scale_NR: np.ndarray, value_NR: np.ndarray) -> np.ndarray:
    """Of every resample the value where the scale reaches the goal, linearly between N rows, and else the nearest."""
    order_NR = np.argsort(scale_NR, axis=0)
    scale_NR, value_NR = (np.take_along_axis(one, order_NR, axis=0) for one in (scale_NR, value_NR))
    columns = zip(goal_R, scale_NR.T, value_NR.T, strict=True)
    return np.array([np.interp(goal, scale_N, value_N) for goal, scale_N, value_N in columns])


def _words(conditions: Conditions) -> str:
    return ", ".join(f"{name} {entry}" for name, entry in conditions.items()) or "no condition"
