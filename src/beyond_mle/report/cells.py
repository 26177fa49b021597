"""What a table of the report is made of: plain data, which template/table.html.j2 turns into HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from IPython.display import HTML

from beyond_mle.report.templates import fill


@dataclass(frozen=True)
class Column:
    """A column, or several under one heading."""

    title: str
    kind: str | None = None
    """Its class in page.css."""
    parts: Sequence[str] = ()
    """The titles of the columns below this heading; a column of its own has none."""


@dataclass(frozen=True)
class Cell:
    """A cell of the body."""

    text: str
    kind: str | None = None
    """Its class in page.css."""
    look: Literal["plain", "best", "faint", "verdict"] = "plain"
    """How the text stands out; the text of a `verdict` is one."""
    spread: str = ""
    """What follows after ±."""
    title: str | None = None
    """What the pointer shows over a `faint` text."""


@dataclass(frozen=True)
class Row:
    """A row of the body."""

    cells: Sequence[Cell]
    kind: str | None = None
    """Its class in page.css."""
    id: str | None = None
    """Its anchor in the page."""


@dataclass(frozen=True)
class Group:
    """Rows under one heading, or under none."""

    rows: Sequence[Row]
    title: str = ""
    note: str = ""
    """What follows the title, fainter."""


@dataclass(frozen=True)
class Table:
    """A table with its caption."""

    columns: Sequence[Column]
    groups: Sequence[Group]
    caption: str = ""
    empty: str = "Not measured in this study."
    """Said instead of a table without rows."""


def render(**parts: object) -> HTML:
    """The HTML of some parts of a page: any of those that the template names."""
    return fill("table.html.j2", **parts)
