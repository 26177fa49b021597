"""Claims: linear combinations of table cells, and what is said of them.

A `RunClaim` is of scores, which have seeds; an `ExactClaim` is of a table of exact results, where p is known. What is
measured of them, and the verdicts, are in `verdicts`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from beyond_mle.errors import UserError
from beyond_mle.files import read_yaml
from beyond_mle.options import Options, parse

CONTROL = "control"
"""Stands for the control of the stage, in the `objective` of a cell."""


class Cell(Options):
    """One number of a table, written `model/objective/decoder/metric`, where needed after `data/`."""

    data: str | None
    """A data set or task, as in `RunClaim.paper`; none: the one on which the claim is measured."""
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
    """What the claim says of the measured quantity, written `> 0`, `< 0` or `= 0 ± 0.001`, with any numbers."""

    side: Literal["<", ">", "="]
    """On which side of `than` the quantity should lie, or that it should be equal."""
    than: float = Field(allow_inf_nan=False)
    """The threshold."""
    within: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Of `=`: the largest difference that still counts as equal."""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, text: Any) -> dict[str, str]:
        parts = text.split() if isinstance(text, str) else []
        if len(parts) == 4 and (parts[0], parts[2]) == ("=", "±"):
            return {"side": "=", "than": parts[1], "within": parts[3]}
        if len(parts) != 2 or parts[0] == "=":
            raise ValueError("an expectation is written '> 0', '< 0' or '= 0 ± 0.001', with any numbers")
        return {"side": parts[0], "than": parts[1]}


class Claim(Options):
    """A statement that a number can support: the sum of some cells minus the sum of others."""

    id: str
    """Unique."""
    source: str = "ours"
    """Where the claim is made: the paper, a comma, the place in it. By default it is this project's own."""
    statement: str
    """In words."""
    expect: Expect = Expect.model_validate("> 0")
    """What the claim says of the difference."""


class RunClaim(Claim):
    """A claim on the scores of runs, measured per seed."""

    plus: list[Cell] = Field(min_length=1)
    """Added; a cell listed twice counts twice."""
    minus: list[Cell] = Field(default=[])
    """Subtracted."""
    paper: dict[str, float | None] = Field(min_length=1)
    """Where the claim is measured, and the difference according to the paper; null where it prints none.

    A key is a data set of the paper (found through the study's `substitutes`) or a task of the study.
    """


Entry = bool | int | float | str
"""What stands in a column of a table."""
Conditions = dict[str, Entry]
"""Column → entry: what singles out one row of a table, or one for each seed."""


class ExactClaim(Claim):
    """A claim on a table of exact results."""

    exact: str
    """The table's file, without its ending."""
    where: dict[str, Entry | Annotated[list[Entry], Field(min_length=1)]] = Field(default={})
    """Conditions that all cells share. A list: the claim is measured once for each of its entries."""
    plus: list[Conditions] = Field(min_length=1)
    """Added, as many further conditions as it takes to single out each cell; a cell listed twice counts twice."""
    minus: list[Conditions] = Field(default=[])
    """Subtracted."""
    value: str = "value"
    """The column that holds the numbers."""
    paper: float | None = None
    """The difference according to the paper, if it prints one."""


def load_claims(path: Path) -> list[RunClaim | ExactClaim]:
    """Read the list under `claims:` of a YAML file; a claim with the key `exact` is an `ExactClaim`.

    Raises:
        UserError: naming the claim at fault and its key.
    """
    values = read_yaml(path)
    if not isinstance(values, Mapping) or not isinstance(values.get("claims"), list):
        raise UserError(f"{path}: a list 'claims:' is missing")
    claims: list[RunClaim | ExactClaim] = []
    for number, value in enumerate(values["claims"], start=1):
        if not isinstance(value, Mapping):
            raise UserError(f"{path}: claim number {number} is not a mapping")
        kind = ExactClaim if "exact" in value else RunClaim
        claims.append(parse(kind, value, f"claim {value.get('id', f'number {number}')}"))
        if claims[-1].id in {claim.id for claim in claims[:-1]}:
            raise UserError(f"{path}: the claim id '{claims[-1].id}' is used twice")
    return claims
