"""A table of the report as files to take away: CSV, LaTeX and Markdown of the cells that the page shows."""

import re

import pandas as pd

from beyond_mle.report.cells import Cell, Table
from beyond_mle.report.data_url import data_url

_TYPES = {"csv": "text/csv", "tex": "text/plain", "md": "text/plain"}
_NEEDS = "% needs booktabs, and LuaLaTeX or XeLaTeX for symbols such as π\n"


def downloads(table: Table) -> list[dict[str, str]]:
    """The links below a table, each with its whole file: the title, the file's name, its address."""
    frame = grid(table)
    plain = frame.map(lambda text: text.replace("|", r"\|"))
    style = frame.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis=1)
    files = {
        ("CSV", "csv"): frame.to_csv(index=False, lineterminator="\n"),
        ("LaTeX", "tex"): _NEEDS + style.to_latex(hrules=True),
        ("Markdown", "md"): plain.to_markdown(index=False, disable_numparse=True) + "\n",
    }
    stem = _stem(table.caption)
    return [
        {"title": title, "name": f"{stem}.{suffix}", "href": data_url(text, _TYPES[suffix])}
        for (title, suffix), text in files.items()
    ]


def grid(table: Table) -> pd.DataFrame:
    """The texts of a table's cells; headings that span columns or rows are repeated for each.

    Columns of equal titles stay apart.
    """
    titles = [f"{column.title} {part}".strip() for column in table.columns for part in (column.parts or [""])]
    headings = [" ".join(text for text in (group.title, group.note) if text) for group in table.groups]
    rows = [
        [heading, *map(_text, row.cells)]
        for heading, group in zip(headings, table.groups, strict=True)
        for row in group.rows
    ]
    frame = pd.DataFrame(rows, columns=["group", *titles])
    return frame if any(headings) else frame.iloc[:, 1:]


def _text(cell: Cell) -> str:
    """What a cell shows."""
    return f"{cell.text} ± {cell.spread}" if cell.spread else cell.text


def _stem(caption: str) -> str:
    """The name of a table's files: the first words of its caption."""
    words = re.findall(r"[a-z0-9]+", caption.split(". ")[0].lower())
    return "-".join(words[:6]) or "table"
