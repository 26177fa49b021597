import io
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from beyond_mle.report import html_table
from beyond_mle.report.claims import load_claims
from beyond_mle.report.effects import gap_name, search_gaps
from beyond_mle.report.published import as_scores, load_published
from beyond_mle.report.scores import read_scores
from beyond_mle.report.tables import tabulate
from beyond_mle.report.verdicts import scorecard

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def bleu(study, results):
    truth = sorted((results / "truth").glob("*.json"))
    published = load_published(CONFIG / "published.yaml")
    table = tabulate(study, results / "runs", truth, published, "table1_autoregressive")
    return table[table.metric == "bleu"]


@pytest.fixture
def table3(study, results):
    published = load_published(CONFIG / "published.yaml")
    table = tabulate(study, results / "runs", [], published, "table3_nonautoregressive")
    return table[(table.task == "grammar-ab") & (table.model == "vanilla-nat")]


@pytest.fixture
def main_table(bleu) -> pd.DataFrame:
    searches = ["greedy", "beam5", gap_name("beam5")]
    return bleu[bleu.decoder.isin(searches) & (bleu.model != "truth")]


def rows_of(soup: BeautifulSoup) -> dict[str, list[str]]:
    """The body's rows: first cell → the others; where several rows begin alike, the first."""
    rows: dict[str, list[str]] = {}
    for tr in soup.tbody.find_all("tr"):
        first, *others = [cell.text for cell in tr.find_all(["th", "td"])]
        rows.setdefault(first, others)
    return rows


def test_a_comparison_shows_ours_the_control_and_the_paper(study, main_table):
    soup = BeautifulSoup(html_table.comparison(study, main_table, "decoder", "BLEU.").data, "html.parser")
    rows = rows_of(soup)
    gap = ["2.50 ± 0.60", "4.00", "0.86"]
    assert rows["convex-exp, k = 1"] == ["63.00 ± 0.60", "61.00", "26.92", "65.50 ± 1.20", "65.00", "27.78", *gap]
    absent = ["", "not published"]
    assert rows["mle-continued"] == ["61.00 ± 0.60", *absent, "65.00 ± 1.20", *absent, "4.00 ± 0.60", *absent]
    # reference rows do not compete, and neither a large nor a small gap is better
    assert {b.text for b in soup.find_all("b")} == {"64.00", "65.50", "52.70", "54.90"}
    assert study.caveat in soup.find("figcaption").text
    assert "none of these" not in soup.find("figcaption").text


def test_a_table_without_the_papers_numbers_says_so(study, main_table):
    own = main_table.assign(paper=float("nan"))
    shown = html_table.comparison(study, own, "decoder", "BLEU.").data
    assert "The paper prints none of these." in BeautifulSoup(shown, "html.parser").find("figcaption").text


def test_each_group_tells_its_task_and_how_many_seeds_it_has(study, main_table):
    shuffled = main_table.sort_values("decoder", kind="stable")  # puts the rows of the two tasks in turn
    soup = BeautifulSoup(html_table.comparison(study, shuffled, "decoder", "BLEU.").data, "html.parser")
    assert [tr.text for tr in soup.find_all("tr", class_="group")] == [
        "transformer on grammar-ab, in place of wmt14-ende, 3 seeds",
        "transformer on grammar-ba, in place of wmt14-deen, 2 seeds",
    ]


def test_what_is_not_measured_or_not_published_says_so(study, table3):
    chosen = pd.concat([table3[table3.metric == metric] for metric in ("bleu", "comet")])
    rows = rows_of(BeautifulSoup(html_table.comparison(study, chosen, "metric", "Table 3.").data, "html.parser"))
    assert rows["mle"] == ["20.00 ± 0.50", "", "10.41", "not measured", "40.69"]
    assert rows["mle-continued"] == ["22.00 ± 0.60", "", "not published", "not measured", "not published"]
    assert rows["convex-exp, k = 3"] == ["40.00 ± 0.60", "22.00", "16.74", "not measured", "57.25"]


def test_the_rows_of_a_comparison_have_equal_width(study, bleu):
    html = html_table.comparison(study, bleu, "decoder", "BLEU.").data
    (frame,) = pd.read_html(io.StringIO(html))  # fails on ragged spans
    assert len(frame) == (4 + 5 + 2) + (3 + 5 + 2)  # systems, reference rows, a heading for each group


def test_an_empty_comparison_says_so(study, bleu):
    assert "Not measured" in html_table.comparison(study, bleu.iloc[:0], "decoder", "BLEU.").data


def test_the_scorecard_counts_verdicts_and_folds_what_was_not_run(study, results):
    card = scorecard(load_claims(CONFIG / "claims.yaml"), study, read_scores(study, results / "runs"), {})
    soup = BeautifulSoup(html_table.scorecard(study, card).data, "html.parser")
    open_rows = {tr["id"] for tr in soup.find_all("tr", id=True) if tr.find_parent("details") is None}
    assert open_rows == {row["id"] for row in card if row["verdict"] != "not run"}
    number = sum(row["verdict"] == "replicated" for row in card)
    assert f"replicated {number}" in soup.find("p", class_="counts").text


def test_the_scorecard_groups_claims_by_paper_and_leaves_exact_numbers_without_interval(study):
    row = {"statement": "…", "paper": None, "task": "t", "n_seeds": 3, "verdict": "replicated"}
    numbers = [("A, Table 1", 2.0, 1.0, 3.0), ("B, eq. 1", -2e-5, -2e-5, -2e-5), ("A, Table 2", 1.0, None, None)]
    keys = ("source", "measured", "low", "high")
    card = [{**row, "id": str(i), **dict(zip(keys, values, strict=True))} for i, values in enumerate(numbers)]
    soup = BeautifulSoup(html_table.scorecard(study, card).data, "html.parser")
    lines = [[cell.text for cell in tr.find_all(["th", "td"])] for tr in soup.tbody.find_all("tr")]
    assert [line[0] if len(line) == 1 else line[2] for line in lines] == ["A", "Table 1", "Table 2", "B", "eq. 1"]
    assert lines[1][4:6] == ["2.00", "[1.00, 3.00]"]
    assert lines[2][4:6] == ["1.00", ""]
    assert lines[4][4:6] == ["−2e−05", ""]


def test_the_papers_table_has_its_numbers():
    scores = as_scores(load_published(CONFIG / "published.yaml"), ["wmt14-ende", "wmt14-deen"])
    table1 = scores[(scores.model == "transformer") & (scores.metric == "bleu")]
    table1 = pd.concat([table1, search_gaps(table1, ["beam5"])])
    html = html_table.printed(table1, "decoder", "Table 1").data
    (frame,) = pd.read_html(io.StringIO(html))
    assert frame.iloc[:, 2:].to_numpy().tolist() == [
        [26.48, 27.57, 1.09, 29.78, 31.21, 1.43],
        [26.92, 27.78, 0.86, 30.32, 31.33, 1.01],
    ]


def test_text_is_escaped_and_constant_words_move_to_the_caption():
    frame = pd.DataFrame({"name": ["<a>", "b"], "device": ["CPU", "CPU"], "n": [1, 1]})
    soup = BeautifulSoup(html_table.plain(frame, "Note.").data, "html.parser")
    assert [td.text for td in soup.find_all("td")] == ["<a>", "1", "b", "1"]
    assert soup.find("figcaption").text == "Note. device: CPU."
