"""The scorecard as HTML: the verdict of every claim, grouped by paper."""

from collections.abc import Sequence
from typing import Any, get_args

from IPython.display import HTML

from beyond_mle.report.cells import Cell, Column, Group, Row, Table
from beyond_mle.report.html_table import TEMPLATE
from beyond_mle.report.style import fixed
from beyond_mle.report.templates import fill
from beyond_mle.report.verdicts import Verdict
from beyond_mle.study import Study

_COLUMNS = [
    Column("verdict"),
    Column("claim"),
    Column("source"),
    Column("paper", "number"),
    Column("measured", "number"),
    Column("95 % interval"),
    Column("measured on"),
]


def scorecard(study: Study, card: Sequence[dict[str, Any]]) -> HTML:
    """The verdict of every claim; claims that this study does not measure are folded away."""
    counts = {verdict: sum(row["verdict"] == verdict for row in card) for verdict in get_args(Verdict)}
    run = [row for row in card if row["verdict"] != "not run"]
    rest = [row for row in card if row["verdict"] == "not run"]
    note = "Measured: mean over seeds, with Student's 95 % interval, paired by seed; exact results have no interval."
    nothing = "None of the claims is measured by this study."
    table = Table(_COLUMNS, _by_paper(run), note, nothing)
    title = f"{len(rest)} claims not run in this study"
    folded = {"title": title, "table": Table(_COLUMNS, _by_paper(rest))} if rest else None
    return fill(TEMPLATE, counts=counts, table=table, folded=folded)


def _by_paper(card: Sequence[dict[str, Any]]) -> list[Group]:
    papers: dict[str, list[Row]] = {}
    for claim in card:
        paper, _, place = claim["source"].partition(", ")
        papers.setdefault(paper, []).append(_row(claim, place))
    return [Group(rows, paper) for paper, rows in papers.items()]


def _row(claim: dict[str, Any], place: str) -> Row:
    low, high = claim["low"], claim["high"]
    cells = [
        Cell(claim["verdict"], look="verdict"),
        Cell(claim["statement"], "wide"),
        Cell(place),
        Cell(_figure(claim["paper"]), "paper"),
        Cell(_figure(claim["measured"]), "mean"),
        Cell("" if low == high else f"[{_figure(low)}, {_figure(high)}]", "sd"),  # nothing for exact numbers
        Cell(claim["task"] or ""),
    ]
    return Row(cells, id=claim["id"])


def _figure(value: float | None) -> str:
    """A measured quantity: two decimals, as of BLEU points; small numbers three, the smallest their power of ten."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}".replace("-", "−")
    return fixed(value, 2 if value is not None and abs(value) >= 0.1 else 3)
