"""Claims and their verdicts: each claim is a linear combination of table cells, compared with a number.

The combination is computed once per seed from the scores of that seed, so that what the seeds have in common
cancels; the 95 % interval is Student's t over seeds.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy import stats

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.files import read_yaml
from beyond_mle.options import Options, parse

CONTROL = "control"
"""Stands for the control of the stage, in the `objective` of a cell."""

Verdict = Literal["replicated", "contradicted", "inconclusive", "not run"]


class Cell(Options):
    """One number of a table, written `model/objective/decoder/metric`, where needed after `data/`."""

    data: str | None
    """A data set or task, as in `Claim.paper`; none: the one on which the claim is measured."""
    model: str
    """A model of the study."""
    objective: str
    """An objective of the study, or `control`: the control of the model's stage."""
    decoder: str
    """A decoder of the study, or `none`."""
    metric: str
    """The metric's name."""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, text: Any) -> dict[str, str | None]:
        parts = text.split("/") if isinstance(text, str) else []
        if len(parts) not in (4, 5) or not all(parts):
            raise ValueError("a cell is written model/objective/decoder/metric or data/model/objective/decoder/metric")
        data = parts.pop(0) if len(parts) == 5 else None
        return dict(zip(cls.model_fields, [data, *parts], strict=True))


class Expect(Options):
    """What the claim says of the measured quantity, written `> 0` or `< 0` or with another number."""

    side: Literal["<", ">"]
    """On which side of `than` the quantity should lie."""
    than: float = Field(allow_inf_nan=False)
    """The threshold."""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, text: Any) -> dict[str, str]:
        parts = text.split() if isinstance(text, str) else []
        if len(parts) != 2:
            raise ValueError("an expectation is written '> 0' or '< 0', with any number")
        return dict(zip(cls.model_fields, parts, strict=True))


class Claim(Options):
    """A statement that a number can support: the sum of some cells minus the sum of others."""

    id: str
    """Unique."""
    source: str = "ours"
    """Where the claim is made, such as 'Table 3'; by default it is this project's own."""
    statement: str
    """In words."""
    plus: list[Cell] = Field(min_length=1)
    """Added; a cell listed twice counts twice."""
    minus: list[Cell] = Field(default=[])
    """Subtracted."""
    expect: Expect = Expect.model_validate("> 0")
    """On which side of which number the claim expects the difference."""
    paper: dict[str, float | None] = Field(min_length=1)
    """Where the claim is measured, and the difference according to the paper; null where it prints none.

    A key is a data set of the paper (found through the study's `substitutes`) or a task of the study.
    """


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
        Per claim and data set: id, source, statement, paper, measured, low, high, verdict, task, n_seeds; None is
        a number that there is not.

    Raises:
        UserError: if `control` or a data set stands for more than one thing.
    """
    by_seed = scores.pivot(index=["task", "model", "objective", "decoder", "metric"], columns="seed", values="value")
    return [_row(claim, data, study, by_seed) for claim in claims for data in claim.paper]


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
    return "replicated" if above == (expect.side == ">") else "contradicted"


Key = tuple[str, str, str, str, str]
"""Task, model, objective, decoder, metric."""


def _row(claim: Claim, data: str, study: config.Study, by_seed: pd.DataFrame) -> dict[str, Any]:
    """A claim measured on one data set."""
    terms = [(1, _key(cell, data, study, claim)) for cell in claim.plus]
    terms += [(-1, _key(cell, data, study, claim)) for cell in claim.minus]
    values = _values(terms, by_seed)
    mean, low, high = interval(values)
    return {
        "id": claim.id if len(claim.paper) == 1 else f"{claim.id}-{data}",
        "source": f"{claim.source}, {data}",
        "statement": claim.statement,
        "paper": claim.paper[data],
        "measured": mean,
        "low": low,
        "high": high,
        "verdict": verdict(claim.expect, low, high) if len(values) else "not run",
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
