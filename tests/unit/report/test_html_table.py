import io
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from beyond_mle.report import html_table
from beyond_mle.report.effects import gap_name, search_gaps
from beyond_mle.report.published import as_scores, load_published

CONFIG = Path(__file__).parents[3] / "config"
SECTIONS = {"order": "objective", "pi": "objective", "styles": "task", "temperature": "decoder"}
GAP = gap_name("beam5")


def rows_of(soup: BeautifulSoup) -> dict[str, list[str]]:
    """The body's rows: first cell → the others; where several rows begin alike, the first."""
    rows: dict[str, list[str]] = {}
    for tr in soup.select("tbody tr"):
        first, *others = [cell.text for cell in tr.find_all(["th", "td"])]
        rows.setdefault(first, others)
    return rows


@pytest.fixture
def main_table() -> pd.DataFrame:
    """BLEU of a Transformer on two tasks by two searches, and what the better one adds."""
    nan = float("nan")
    rows = [
        ("grammar-ab", "mle", nan, [60.0, 64.0, 4.0], [nan, nan, nan], [26.48, 27.57, 1.09], 3),
        ("grammar-ab", "mle-continued", nan, [61.0, 65.0, 4.0], [nan, nan, nan], [nan, nan, nan], 3),
        ("grammar-ab", "convex-exp", 1.0, [63.0, 65.5, 2.5], [61.0, 65.0, 4.0], [26.92, 27.78, 0.86], 3),
        ("grammar-ab", "convex-exp", 3.0, [64.0, 65.25, 1.25], [61.0, 65.0, 4.0], [nan, nan, nan], 3),
        ("grammar-ba", "mle", nan, [50.0, 54.0, 4.0], [nan, nan, nan], [nan, nan, nan], 2),
    ]
    return pd.DataFrame(
        {
            **{"task": task, "model": "transformer", "objective": objective, "order": order, "decoder": decoder},
            **{"metric": "bleu", "mean": ours, "sd": 0.6, "n_seeds": seeds, "control": control, "paper": paper},
        }
        for task, objective, order, means, controls, papers, seeds in rows
        for decoder, ours, control, paper in zip(("greedy", "beam5", GAP), means, controls, papers, strict=True)
    )


def test_a_comparison_shows_ours_the_control_and_the_paper(study, main_table):
    soup = BeautifulSoup(html_table.comparison(study, main_table, "decoder", "BLEU.", SECTIONS).data, "html.parser")
    rows = rows_of(soup)
    gap = ["2.50 ± 0.60", "4.00", "0.86"]
    assert rows["convex-exp, k = 1"] == ["63.00 ± 0.60", "61.00", "26.92", "65.50 ± 0.60", "65.00", "27.78", *gap]
    absent = ["", "not published"]
    assert rows["mle-continued"] == ["61.00 ± 0.60", *absent, "65.00 ± 0.60", *absent, "4.00 ± 0.60", *absent]
    # neither a large nor a small gap is better, and one system has nothing to beat
    assert {b.text for b in soup.find_all("b")} == {"64.00", "65.50"}
    assert study.caveat not in soup.text  # it stands at the top of the page
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
        "transformer on grammar-ba, 2 seeds",
    ]


def test_what_is_not_measured_or_not_published_says_so(study, main_table):
    greedy = main_table[(main_table.decoder == "greedy") & (main_table.task == "grammar-ab")]
    printed = greedy.iloc[:1].assign(metric="comet", mean=float("nan"), paper=82.76)
    table = pd.concat([greedy, printed])
    rows = rows_of(BeautifulSoup(html_table.comparison(study, table, "metric", "Table.").data, "html.parser"))
    # of COMET ours has no number at all: there is no such column
    assert rows["mle"] == ["60.00 ± 0.60", "", "26.48", "82.76"]
    assert rows["mle-continued"] == ["61.00 ± 0.60", "", "not published", "not published"]


def test_the_rows_of_a_comparison_have_equal_width(study, main_table):
    reference = main_table.iloc[:3].assign(model="oracle", decoder=["exact", "greedy", "beam5"])
    html = html_table.comparison(study, pd.concat([main_table, reference]), "decoder", "BLEU.").data
    (frame,) = pd.read_html(io.StringIO(html))  # fails on ragged spans
    assert len(frame) == 5 + 1 + 3  # systems, the reference row, a heading for each group


def test_reference_rows_do_not_compete(study, main_table):
    reference = main_table.iloc[:3].assign(model="oracle", mean=99.0)
    soup = BeautifulSoup(
        html_table.comparison(study, pd.concat([main_table, reference]), "decoder", "BLEU.").data, "html.parser"
    )
    assert rows_of(soup)["p"][0].startswith("99.00")
    assert "99.00" not in {b.text for b in soup.find_all("b")}


def systems(**columns) -> pd.DataFrame:
    """Rows of a tidy table: three systems of one model on one task, with these columns besides."""
    own = {"task": "strings", "model": "tabular", "objective": ["mle", "js", "js"], "decoder": "none", "metric": "nll"}
    numbers = {"mean": [3.0, 2.0, 1.0], "sd": 0.5, "n_seeds": 3, "control": float("nan"), "paper": float("nan")}
    return pd.DataFrame({**own, **numbers, **columns})


def compared(study, table: pd.DataFrame) -> BeautifulSoup:
    return BeautifulSoup(html_table.comparison(study, table, "metric", "Scores.", SECTIONS).data, "html.parser")


def test_variants_are_told_apart_by_what_they_differ_in(study):
    table = systems(pi=[float("nan"), 0.1, 0.1], average="token", solver=["a", "a", "b"])
    rows = rows_of(compared(study, table))
    assert list(rows)[1:] == ["mle", "js, π = 0.1, solver = a", "js, π = 0.1, solver = b"]
    assert list(rows.values())[1:] == [["3.000 ± 0.500"], ["2.000 ± 0.500"], ["1.000 ± 0.500"]]


def test_two_numbers_for_one_cell_are_an_error(study):
    with pytest.raises(ValueError, match="two numbers for one cell of strings, tabular, js"):
        compared(study, systems())
    with pytest.raises(ValueError, match="two numbers"):
        compared(study, systems(pi=[0.5, 0.1, 0.1]))


def test_variants_of_a_task_are_groups_of_their_own(study):
    soup = compared(study, systems(styles=[1, 4, 4], pi=[0.5, 0.1, 0.9]))
    headings = [tr.text for tr in soup.find_all("tr", class_="group")]
    assert headings == ["tabular on strings, styles = 1, 3 seeds", "tabular on strings, styles = 4, 3 seeds"]
    assert [b.text for b in soup.find_all("b")] == ["1.000"]  # the best of the second; the first has nothing to beat


def test_variants_of_a_decoder_are_rows_or_columns_of_their_own(study):
    table = systems(objective="mle", decoder="sample", temperature=[1.0, 0.7, 0.5])
    cells = [[cell.text for cell in tr.find_all("td")] for tr in compared(study, table).select("tbody tr")][1:]
    assert [row[:2] for row in cells] == [
        ["mle", "sample, τ = 1"],
        ["mle", "sample, τ = 0.7"],
        ["mle", "sample, τ = 0.5"],
    ]
    soup = BeautifulSoup(html_table.comparison(study, table, "decoder", "", SECTIONS).data, "html.parser")
    assert [th.text for th in soup.find_all("th", class_="over")] == [row[1] for row in cells]


def test_a_whole_table_is_cut_into_parts_that_fit():
    names = [f"m{number}" for number in range(html_table.ABREAST + 1)]
    rows = pd.DataFrame({"metric": ["bleu", *names], "decoder": ["greedy", *(len(names) * ["none"])]})
    parts = [(title, list(part.metric)) for title, part in html_table.blocks(rows)]
    assert parts == [("Without outputs", names[:-1]), ("Without outputs", names[-1:]), ("Outputs", ["bleu"])]


@pytest.mark.parametrize(
    ("metric", "printed"),
    [("nll", "≤ 2.000 ± 0.500"), ("kl", "≤ 2.000 ± 0.500"), ("log-q-mode", "≥ 2.000 ± 0.500"), ("js", "a bound")],
)
def test_a_bound_is_printed_as_a_bound(study, metric, printed):
    table = systems(pi=[0.5, 0.1, 0.9], metric=metric, certainty=[None, "lower-bound", "exact"], control=2.0)
    rows = rows_of(compared(study, table))
    assert rows["js, π = 0.1"] == [printed, printed.removesuffix(" ± 0.500")]
    assert rows["mle, π = 0.5"] == ["3.000 ± 0.500", "2.000"]


def test_what_is_not_normalised_is_not_printed_as_a_likelihood(study):
    certainty = ["exact", "exact", "unnormalised"]
    soup = compared(study, systems(pi=[0.5, 0.1, 0.9], certainty=certainty))
    (cell,) = rows_of(soup)["js, π = 0.9"]
    assert cell == "unnormalised"
    assert soup.find("span", string="unnormalised").attrs == {"class": ["sd"], "title": "1.000"}
    assert [b.text for b in soup.find_all("b")] == ["2.000"]  # the best of the exact ones


def test_an_empty_comparison_says_so(study, main_table):
    assert "Not measured" in html_table.comparison(study, main_table.iloc[:0], "decoder", "BLEU.").data


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


def test_the_papers_table_tells_the_variants_of_an_objective_apart():
    system = {"task": "wmt", "model": "transformer", "decoder": "greedy", "metric": "bleu", "seed": 0}
    scores = pd.DataFrame({**system, "objective": ["mle", "exp", "exp"], "order": [None, 1, 3], "value": [1.0, 2, 3]})
    (frame,) = pd.read_html(io.StringIO(html_table.printed(scores, "metric", "").data))
    assert frame.iloc[:, 1:].to_numpy().tolist() == [["mle", 1], ["exp, k = 1", 2], ["exp, k = 3", 3]]


def test_text_is_escaped_and_constant_words_move_to_the_caption():
    frame = pd.DataFrame({"name": ["<a>", "b"], "device": ["CPU", "CPU"], "n": [1, 1]})
    soup = BeautifulSoup(html_table.plain(frame, "Note.").data, "html.parser")
    assert [td.text for td in soup.find_all("td")] == ["<a>", "1", "b", "1"]
    assert soup.find("figcaption").text == "Note. device: CPU. CSV · LaTeX · Markdown"
