"""Claims: linear combinations of cells of the long table, and what is said of them.

How a file of claims is written is told at the head of config/claims.yaml. An entry of it is a `Template`, which stands
for one claim or several, each with its cases; what is measured of a `Claim` is in `contrasts`, the verdicts in
`verdicts`.
"""

import itertools
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from beyond_mle.errors import UserError, nearest
from beyond_mle.files import read_yaml
from beyond_mle.options import Options, parse

Family = Literal["source", "mathematics", "ours"]
"""What kind of claim it is: of a source and measured on fitted models; theorems, identities and closed forms; ours."""
CONTROL = "control"
"""As an `objective`: that of the control of the runs that the other conditions select."""
SYSTEM = "system"
"""As a column: the conditions of that name under `systems:`."""
NAME = "name"
"""In a system: what statements call it."""

Entry = bool | int | float | str
"""What stands in a column of a table."""
Conditions = dict[str, Entry]
"""Column → entry: what singles out one row of the long table, or one for each seed."""
Shared = dict[str, Entry | Annotated[list[Entry], Field(min_length=1)]]
"""The same, or a list of such entries."""


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


class AtEqual(Options):
    """Where a cell that is subtracted is read off, between the rows along a column: where a metric is equal."""

    metric: str
    """The metric that the cell that is added and the one that is subtracted shall share."""
    along: str
    """The column along which the one that is subtracted is searched."""


@dataclass(frozen=True)
class Term:
    """A cell, added or subtracted."""

    sign: int
    conditions: Conditions
    of_control: bool
    """Whether the cell is that of the control of the runs that the conditions select."""


@dataclass(frozen=True)
class Claim:
    """A statement that a number can support: the sum of some cells minus the sum of others."""

    id: str
    """Unique."""
    group: str
    """The claim of which this is a case."""
    case: str
    """What tells it from the claim's other cases: a data set, an entry of a column; empty where there is but one."""
    family: Family
    """Families are never added up."""
    source: str
    """Where the claim is made: the paper, a comma, the place in it; or `ours`."""
    supposed: bool
    """Whether the source only supposes it."""
    statement: str
    """In words."""
    matters: float | None
    """The smallest difference that matters; None: that of the metric."""
    not_run: str
    """Why a study may lack its cells."""
    at_equal: "AtEqual | None"
    """Where what is subtracted is read off."""
    expect: Expect
    """What the claim says of the difference."""
    paper: float | None
    """The difference according to the paper, if it prints one."""
    terms: tuple[Term, ...]
    """Each with a condition on `task`: a task of the study or a data set of the paper."""

    @property
    def metric(self) -> str:
        """What is measured; empty of one that cannot be."""
        return str(self.terms[0].conditions.get("metric", "")) if self.terms else ""


class Template(Options):
    """A claim as it is written, measured on several data sets or for several entries of a column."""

    id: str
    """What the claims' ids begin with."""
    statement: str
    """In words; its first letter is made a capital."""
    source: str = "ours"
    """As of a claim."""
    supposed: bool = False
    """Where the source only supposes it: 'we think', 'somewhere between'."""
    matters: float | None = Field(default=None, ge=0)
    """The smallest difference that matters, where that is not the metric's own."""
    not_run: str = ""
    """Why a study may lack its cells; a claim that no study can measure has none."""
    at_equal: AtEqual | None = None
    """Where what is subtracted is read off; by default it is one row."""
    expect: Expect = Expect.model_validate("> 0")
    """What the claim says of the difference."""
    data: dict[str, float | None] = Field(default={})
    """The tasks, or data sets of the paper, on which the claim is measured, and the difference that the paper has."""
    where: Shared = Field(default={})
    """Conditions that all cells share. A list: the claim is measured once for each of its entries."""
    gain: Shared | None = None
    """In place of `where`: every cell is taken less that of its control."""
    plus: list[Conditions] = Field(default=[{}], min_length=1)
    """Added: of each cell, further conditions, which prevail; a cell listed twice counts twice."""
    minus: list[Conditions] = Field(default=[])
    """Subtracted."""

    @field_validator("data", mode="before")
    @classmethod
    def _without_numbers(cls, value: Any) -> Any:
        return dict.fromkeys(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _no_conflict(self) -> "Template":
        if self.gain is not None and self.where:
            raise ValueError("`gain` is in place of `where`")
        if self.gain is not None and any(cell.get("objective") == CONTROL for cell in (*self.plus, *self.minus)):
            raise ValueError("`gain` takes the control away already")
        if not (self.shared or any(self.plus) or self.not_run):
            raise ValueError("there is no cell: add `where` or `gain`, or say why it is `not_run`")
        if self.data and "task" in self.shared:
            raise ValueError("the task is given twice: by `data`, and as a condition")
        return self

    @property
    def shared(self) -> Shared:
        """The conditions of all cells."""
        return self.where if self.gain is None else self.gain

    def claims(self, systems: Mapping[str, Conditions], family: Family) -> Iterator[Claim]:
        """One claim per data set and combination of the entries of lists.

        Raises:
            UserError: if a system is not defined, or a cell has no task.
        """
        lists = {column: entries for column, entries in self.shared.items() if isinstance(entries, list)}
        names: list[str | None] = [*self.data] or [None]
        for data, chosen in itertools.product(names, itertools.product(*lists.values())):
            entries: Conditions = dict(zip(lists, chosen, strict=True))
            shared: Conditions = {} if data is None else {"task": data}
            for column, entry in self.shared.items():
                shared[column] = entries[column] if isinstance(entry, list) else entry
            suffix = [data, *chosen] if len(self.data) > 1 else chosen
            labels = [str(entry) if column == "task" else f"{column} {entry}" for column, entry in entries.items()]
            yield Claim(
                id="-".join([self.id, *map(str, suffix)]),
                group=self.id,
                case=", ".join([*([data] if data is not None else []), *labels]),
                family=family,
                source=self.source,
                supposed=self.supposed,
                statement=self.statement[:1].upper() + self.statement[1:],
                matters=self.matters,
                not_run=self.not_run,
                expect=self.expect,
                paper=None if data is None else self.data[data],
                terms=tuple(self._terms(shared, systems)) if self.shared or any(self.plus) else (),
                at_equal=self.at_equal,
            )

    def _terms(self, shared: Conditions, systems: Mapping[str, Conditions]) -> Iterator[Term]:
        for sign, cells in ((1, self.plus), (-1, self.minus)):
            for cell in cells:
                conditions = shared | cell
                if SYSTEM in conditions:
                    system = str(conditions.pop(SYSTEM))
                    if system not in systems:
                        valid = nearest(system, systems)
                        raise UserError(f"claim {self.id}: the system '{system}' is not defined: {valid}")
                    conditions = {key: value for key, value in systems[system].items() if key != NAME} | conditions
                if "task" not in conditions:
                    raise UserError(f"claim {self.id}: a cell has no task: add `data`, or a condition on `task`")
                of_control = conditions.get("objective") == CONTROL
                if of_control:
                    del conditions["objective"]
                yield Term(sign, conditions, of_control)
                if self.gain is not None:
                    yield Term(-sign, conditions, of_control=True)


Written = Annotated[dict[str, Any], Field(min_length=1)]


class ClaimsFile(Options):
    """A file of claims."""

    systems: dict[str, Conditions] = Field(default={})
    """Name → conditions that go together, and a `name` for statements."""
    sources: list[Written] = Field(default=[])
    """Claims of the sources. Each is a `Template` that begins with `id: statement`; or several, under the key `for`."""
    mathematics: list[Written] = Field(default=[])
    """Theorems, identities and closed forms: what is measured has no error."""
    ours: list[Written] = Field(default=[])
    """Our own questions."""
    pages: dict[str, list[str]] = Field(default={})
    """Page → the claims with whose verdicts it opens, by what their ids begin with, in this order."""


def load_claims(path: Path) -> list[Claim]:
    """Read a file of claims.

    Raises:
        UserError: naming the claim at fault and its key.
    """
    file = _read(path)
    claims: dict[str, Claim] = {}
    families: dict[Family, list[Any]] = {"source": file.sources, "mathematics": file.mathematics, "ours": file.ours}
    for family, listed in families.items():
        for entry in listed:
            name, statement = next(iter(entry.items()))
            written = {"id": name, "statement": statement} | {key: entry[key] for key in entry if key != name}
            for case in _cases(written, file.systems):
                template = parse(Template, case, f"claim {case['id']}")
                for claim in template.claims(file.systems, family):
                    if claim.id in claims:
                        raise UserError(f"{path}: the claim id '{claim.id}' is used twice")
                    claims[claim.id] = claim
    groups = {claim.group for claim in claims.values()}
    for page, names in file.pages.items():
        for name in names:
            if name not in groups:
                raise UserError(f"{path}: pages.{page}: there is no claim '{name}': {nearest(name, groups)}")
    return list(claims.values())


def claims_of(files: Iterable[str]) -> list[Claim]:
    """The claims of all of a study's files.

    Raises:
        UserError: as `load_claims`; and if two files use one id.
    """
    found: dict[str, Claim] = {}
    for file in files:
        for claim in load_claims(Path(file)):
            if claim.id in found:
                raise UserError(f"{file}: the claim id '{claim.id}' is used by another file of this study too")
            found[claim.id] = claim
    return list(found.values())


def load_told(path: Path) -> dict[str, list[str]]:
    """Page → the claims with whose verdicts it opens, by their `group`.

    Raises:
        UserError: naming what is wrong with the file.
    """
    return _read(path).pages


def _read(path: Path) -> ClaimsFile:
    values = read_yaml(path)
    if not isinstance(values, Mapping):
        raise UserError(f"{path}: claims are lists below the keys 'sources', 'mathematics' and 'ours'")
    return parse(ClaimsFile, values, path.name)


def _cases(entry: dict[str, Any], systems: Mapping[str, Conditions]) -> Iterator[dict[str, Any]]:
    """The templates that an entry with the key `for` stands for: one per case, its placeholders filled."""
    if "for" not in entry:
        yield entry
        return
    common = {key: value for key, value in entry.items() if key != "for"}
    cases, place = entry["for"], f"claim {entry['id']}"
    if not isinstance(cases, Mapping) or not all(isinstance(own, Mapping) for own in cases.values()):
        raise UserError(f"{place}: 'for' must map the name of each case to a mapping")
    for name, own in cases.items():
        case = common | {key: value for key, value in own.items() if key in Template.model_fields}
        words = {"case": name, **systems.get(name, {}), **own}
        used = _placeholders(case)
        known = {*_placeholders(common), *used, *Template.model_fields}
        for key in own:
            if key not in known:
                valid = nearest(key, known)
                raise UserError(f"{place}: '{key}' of the case '{name}' is not used: {valid}")
        for word in used:
            if word not in words:
                raise UserError(f"{place}: the case '{name}' does not say what '${word}' is: {nearest(word, words)}")
        yield _filled(case, words)


def _texts(value: Any) -> Iterator[str]:
    """The strings of nested lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _placeholders(value: Any) -> dict[str, None]:
    """The names that follow a $ in the strings, in their order."""
    return dict.fromkeys(name for text in _texts(value) for name in string.Template(text).get_identifiers())


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    """Every placeholder replaced; one that is all of a string keeps the type of what it stands for."""
    if isinstance(value, Mapping):
        return {key: _filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("$") and value[1:] in words:
        return words[value[1:]]
    return string.Template(value).safe_substitute(words)
