"""Claims and their verdicts: each claim is a linear combination of table cells, compared with a number.

The combination is computed once per seed from the scores of that seed, so that what the seeds have in common
cancels; the 95 % interval is Student's t over seeds.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.options import Options, parse
from beyond_mle.report.yaml_file import read_yaml

CONTROL = "control"
"""Stands for the control of the stage, in the `objective` of a cell."""

Verdict = Literal["replicated", "contradicted", "inconclusive", "not run"]


class Cell(Options):
    """One number of a table."""

    data: str
    """A data set of the paper (found through the study's `substitutes`) or a task of the study."""
    model: str
    """A model of the study."""
    objective: str
    """An objective of the study, or `control`: the control of the model's stage."""
    decoder: str
    """A decoder of the study, or `none`."""
    metric: str
    """The metric's name."""


class Measure(Options):
    """The sum of some cells minus the sum of others; a cell listed twice counts twice."""

    plus: list[Cell] = Field(min_length=1)
    """Added."""
    minus: list[Cell] = Field(default=[])
    """Subtracted."""


class Expect(Options):
    """What the claim says of the measured quantity."""

    direction: Literal["greater", "less"]
    """On which side of `than` the quantity should lie."""
    than: float
    """The threshold."""


class Claim(Options):
    """A statement that a number can support."""

    id: str
    """Unique."""
    source: str
    """Where it is made, such as 'Table 3'; 'ours' for this project's own."""
    statement: str
    """In words."""
    paper: float | None
    """The measured quantity according to the paper; null where it prints none."""
    measure: Measure
    """The measured quantity."""
    expect: Expect
    """The direction that the claim expects."""


def load_claims(path: Path) -> list[Claim]:
    """Read the list under `claims:` of a YAML file.

    Raises:
        UserError: naming the claim at fault and its key.
    """
    values = read_yaml(path)
    if not isinstance(values, Mapping) or not isinstance(values.get("claims"), list):
        raise UserError(f"{path}: a list 'claims:' is missing")
    claims: list[Claim] = []
    for number, value in enumerate(values["claims"], start=1):
        if not isinstance(value, Mapping):
            raise UserError(f"{path}: claim number {number} is not a mapping")
        claims.append(parse(Claim, value, f"claim {value.get('id', f'number {number}')}"))
        if claims[-1].id in {claim.id for claim in claims[:-1]}:
            raise UserError(f"{path}: the claim id '{claims[-1].id}' is used twice")
    return claims


def scorecard(claims: list[Claim], study: config.Study, scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Measure every claim.

    Args:
        claims: what to measure.
        study: gives the substitutes of the paper's data sets, and the controls.
        scores: from `read_scores`.

    Returns:
        Per claim: id, source, statement, paper, measured, low, high, verdict, task, n_seeds; None is a number
        that there is not.

    Raises:
        UserError: if `control` or a data set stands for more than one thing.
    """
    by_seed = scores.pivot(index=["task", "model", "objective", "decoder", "metric"], columns="seed", values="value")
    card = []
    for claim in claims:
        terms = _terms(claim, study)
        values = _values(terms, by_seed)
        mean, low, high = interval(values)
        card.append(
            {
                **claim.model_dump(include={"id", "source", "statement", "paper"}),
                "measured": mean,
                "low": low,
                "high": high,
                "verdict": verdict(claim.expect, low, high) if len(values) else "not run",
                "task": ", ".join(dict.fromkeys(key[0] for _, key in terms if key is not None)) or None,
                "n_seeds": len(values),
            }
        )
    return card


def interval(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
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
    """What an interval says of a claim: replicated or contradicted only if it lies wholly on one side."""
    if low is None or high is None:
        return "inconclusive"
    above, below = low > expect.than, high < expect.than
    if not above and not below:
        return "inconclusive"
    return "replicated" if above == (expect.direction == "greater") else "contradicted"


Key = tuple[str, str, str, str, str]
"""Task, model, objective, decoder, metric."""


def _terms(claim: Claim, study: config.Study) -> list[tuple[int, Key | None]]:
    """The signed cells of a claim; None where the study has no such task or control."""
    signed = [(1, cell) for cell in claim.measure.plus] + [(-1, cell) for cell in claim.measure.minus]
    return [(sign, _key(cell, study, claim)) for sign, cell in signed]


def _values(terms: list[tuple[int, Key | None]], by_seed: pd.DataFrame) -> np.ndarray:
    """The combination, one value per seed; empty if a cell is not in the study."""
    if any(key is None or key not in by_seed.index for _, key in terms):
        return np.array([])
    values = np.sum([sign * by_seed.loc[key].to_numpy() for sign, key in terms], axis=0)
    return values[~np.isnan(values)]  # a metric may be undefined for some seed


def _key(cell: Cell, study: config.Study, claim: Claim) -> Key | None:
    tasks = [name for name in study.tasks if cell.data in (name, study.substitutes.get(name))]
    task = _only(tasks, f"claim {claim.id}: the data set '{cell.data}'")
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
