import io
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from beyond_mle.report import html_table
from beyond_mle.report.claims import load_claims
from beyond_mle.report.published import as_scores, load_published
from beyond_mle.report.scores import read_scores
from beyond_mle.report.tables import tabulate
from beyond_mle.report.verdicts import scorecard

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def bleu(study, results):
    truth = [results / "truth" / "grammar-ab.json"]
    published = load_published(CONFIG / "published.yaml")
    table = tabulate(study, results / "runs", truth, published, "table1_autoregressive")
    return table[table.metric == "bleu"]


def test_a_comparison_shows_ours_the_control_and_the_paper(study, bleu):
    html = html_table.comparison(study, bleu, "decoder", "BLEU.").data
    soup = BeautifulSoup(html, "html.parser")
    row = next(tr for tr in soup.find_all("tr") if tr.td and tr.td.text == "convex-exp, k = 1")
    assert [td.text for td in row.find_all("td")][1:4] == ["63.00 ± 0.60", "61.00", "26.92"]
    assert {b.text for b in soup.find_all("b")} == {"64.00", "65.50"}  # reference rows do not compete
    caption = soup.find("figcaption").text
    assert "seeds 1, 2, 3" in caption
    assert study.caveat in caption
    assert "grammar-ab, in place of wmt14-ende" in soup.text


def test_the_rows_of_a_comparison_have_equal_width(study, bleu):
    html = html_table.comparison(study, bleu, "decoder", "BLEU.").data
    (frame,) = pd.read_html(io.StringIO(html))  # fails on ragged spans
    assert len(frame) == 4 + 5 + 2  # systems, reference rows, a heading for each group


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
    scores = as_scores(load_published(CONFIG / "published.yaml"))
    table1 = scores[(scores.model == "transformer") & (scores.metric == "bleu")]
    html = html_table.printed(table1, "decoder", "Table 1").data
    (frame,) = pd.read_html(io.StringIO(html))
    assert frame.iloc[:, 2:].to_numpy().tolist() == [
        [26.48, 27.57, 29.78, 31.21],
        [26.92, 27.78, 30.32, 31.33],
    ]


def test_text_is_escaped_and_constant_words_move_to_the_caption():
    frame = pd.DataFrame({"name": ["<a>", "b"], "device": ["CPU", "CPU"], "n": [1, 1]})
    soup = BeautifulSoup(html_table.plain(frame, "Note.").data, "html.parser")
    assert [td.text for td in soup.find_all("td")] == ["<a>", "1", "b", "1"]
    assert soup.find("figcaption").text == "Note. device: CPU."
