"""What a table of the report is made of: plain data, which template/table.html.j2 turns into HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal


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
    look: Literal["plain", "best", "faint"] = "plain"
    """How the text stands out."""
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


def told(table: Table) -> Table:
    """The table without the columns in which no cell tells anything: all are empty, or `faint` for want of a number."""
    kept = {
        place
        for group in table.groups
        for row in group.rows
        for place, cell in enumerate(row.cells)
        if cell.text and cell.look != "faint"
    }
    columns, place = [], 0
    for column in table.columns:
        below = range(place, place + (len(column.parts) or 1))
        place = below.stop
        if column.parts:
            parts = [part for own, part in zip(below, column.parts, strict=True) if own in kept]
            columns += [replace(column, parts=parts)] if parts else []
        else:
            columns += [column] if place - 1 in kept else []
    groups = [
        replace(group, rows=[replace(row, cells=[row.cells[place] for place in sorted(kept)]) for row in group.rows])
        for group in table.groups
    ]
    return replace(table, columns=columns, groups=groups)
