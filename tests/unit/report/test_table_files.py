import csv
import io
from urllib.parse import unquote

import pytest

from beyond_mle.report.cells import Cell, Column, Group, Row, Table
from beyond_mle.report.table_files import downloads, grid

TABLE = Table(
    [Column("objective"), Column("bleu", parts=["ours", "paper"])],
    [
        Group([Row([Cell("mle"), Cell("60.00", spread="0.50"), Cell("27.5")])], "ctc", "on grammar_ab"),
        Group([Row([Cell("a | b"), Cell("61.00"), Cell("5 %")])], "cmlm"),
    ],
    "BLEU by sacreBLEU, of the paper's searches. Ours: means.",
)
CELLS = [
    ["group", "objective", "bleu ours", "bleu paper"],
    ["ctc on grammar_ab", "mle", "60.00 ± 0.50", "27.5"],
    ["cmlm", "a | b", "61.00", "5 %"],
]


@pytest.fixture
def files() -> dict[str, str]:
    """What each link below the table downloads."""
    return {link["name"]: unquote(link["href"].partition(",")[2]) for link in downloads(TABLE)}


def test_files_are_named_after_the_caption(files):
    stem = "bleu-by-sacrebleu-of-the-paper"
    assert list(files) == [f"{stem}.csv", f"{stem}.tex", f"{stem}.md"]
    assert {link["name"] for link in downloads(Table([Column("a")], [Group([Row([Cell("1")])])]))} == {
        "table.csv",
        "table.tex",
        "table.md",
    }


def test_each_file_has_the_cells_of_the_table(files):
    comma, latex, markdown = files.values()
    assert list(csv.reader(io.StringIO(comma))) == CELLS
    lines = [line.strip().strip("|").replace(r"\|", "¦").split("|") for line in markdown.splitlines()]
    assert [[cell.strip().replace("¦", "|") for cell in line] for line in (lines[0], *lines[2:])] == CELLS
    assert r"ctc on grammar\_ab & mle & 60.00 ± 0.50 & 27.5 \\" in latex
    assert r"cmlm & a | b & 61.00 & 5 \% \\" in latex


def test_a_table_without_groups_has_no_column_for_them():
    table = Table([Column("n"), Column("n")], [Group([Row([Cell("1"), Cell("2")])])])
    assert grid(table).to_numpy().tolist() == [["1", "2"]]
