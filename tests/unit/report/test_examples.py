"""Outputs as the pages show them: every verdict is that of p, and nothing is shown by how well it does."""

import json
import math

import pytest
from bs4 import BeautifulSoup

from beyond_mle.report import examples
from beyond_mle.report.arms import arms
from beyond_mle.report.page import Page
from beyond_mle.text.data import TextData
from beyond_mle.text.scoring import Scoring

pytestmark = pytest.mark.usefixtures("at_root")


@pytest.fixture
def page(study, finished):
    return Page("table3_nonautoregressive", study, finished)


@pytest.fixture
def read(finished):
    def rows(path: str) -> list[dict]:
        return [json.loads(line) for line in (finished / path).read_text().splitlines()]

    return rows


def viewer(page, data) -> BeautifulSoup:
    found = arms(page.jobs, page.runs)
    return BeautifulSoup(examples.viewer(page.study, data, found, page.outputs).data, "html.parser")


def rows_of(source) -> list[tuple[str, str, str]]:
    return [tuple(" ".join(cell.text.split()) for cell in tr.find_all("td")) for tr in source.select("tr:not(.group)")]


def test_the_first_sources_are_shown_and_the_first_of_a_task_is_open(page, read):
    sources = viewer(page, page.data(TextData)).find_all("details")
    texts = [row["source"] for row in read("data/grammar-ab/test.jsonl")]
    assert len(sources) >= examples.SOURCES
    for number, (source, text) in enumerate(zip(sources, texts, strict=False), start=1):
        assert f"{number}. {text}" in source.summary.text
    assert [source.has_attr("open") for source in sources] == [True] + [False] * (len(sources) - 1)


def test_every_output_is_that_of_its_run_and_is_judged_by_p(page, read):
    truth = read("data/grammar-ab/truth.jsonl")
    for index, source in enumerate(viewer(page, page.data(TextData)).find_all("details")[: examples.SOURCES]):
        rows = rows_of(source)
        p = dict(zip(truth[index]["outputs"], map(math.exp, truth[index]["log_p"]), strict=True))
        shown = min(len(p), examples.LIKELIEST)
        assert [text for _, text, _ in rows[:shown]] == list(p)[:shown]
        assert rows[0][2] == f"★ mode {100 * next(iter(p.values())):.3g} %"
        run = next(row for row in rows[shown:] if row[0] == "convex-exp, k = 1")
        said = read("runs/grammar-ab/transformer/convex-exp,order=1/seed1/outputs/greedy.jsonl")[index]["outputs"][0]
        assert run[1].replace(" (end)", "").split() == said.split()
        assert {verdict.split()[1] for _, _, verdict in rows} <= {"mode", "valid", "invalid"}
        for _, text, verdict in rows:
            assert ("invalid" in verdict) == (text not in p)


def test_without_p_there_are_references_and_no_verdicts(page, finished, read):
    real = TextData(finished / "data" / "grammar-ab", Scoring())
    soup = viewer(page, {"grammar-ab": real})
    source = soup.find("details")
    assert rows_of(source)[0][1] == read("data/grammar-ab/test.jsonl")[0]["targets"][0]
    assert {verdict for _, _, verdict in rows_of(source)} == {""}
    assert "References" in source.text
    assert "mode" not in soup.figcaption.text
    assert "garden path" not in soup.text


def test_a_single_example_has_three_outputs_of_one_model(page):
    soup = BeautifulSoup(page.example("vanilla-nat").data, "html.parser")
    (source,) = soup.find_all("details")
    assert [row[0] for row in rows_of(source)] == ["1", "mle first stage", "mle-continued control", "convex-exp, k = 3"]
    assert [tr.text for tr in source.select("tr.group")][1:] == ["vanilla-nat, single-pass, seed 1"]


def test_without_a_run_that_has_a_control_there_is_no_example(study, finished):
    assert Page("finite-fits", study, finished).example().data == ""


def test_what_they_show_is_among_the_inputs(study, finished):
    for name in ("table1_autoregressive", "table3_nonautoregressive"):
        page = Page(name, study, finished)
        shown = [page.layout.outputs(arm.job.run.key, arm.decoder) for arm in arms(page.jobs, page.runs, ["greedy"])]
        assert {*shown, page.layout.prepared("grammar-ab")} <= set(page.inputs())
