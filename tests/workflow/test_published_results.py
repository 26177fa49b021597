"""The published reference run: its intervals follow from the numbers and items published with it."""

import json
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from project import ROOT

from beyond_mle.config import load_resolved
from beyond_mle.layout import Layout
from beyond_mle.report.claims import claims_of
from beyond_mle.report.contrasts import Cells
from beyond_mle.report.forest import sentence
from beyond_mle.report.results import read_rows
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages.scorecard import read_items

PUBLISHED = Layout(ROOT / "results" / "published" / "thorough")
NUMBERS = ("measured", "low", "high", "p", "q", "matters")


@pytest.fixture(scope="module")
def card() -> list[dict]:
    return json.loads(PUBLISHED.scorecard.read_text(encoding="utf-8"))


def test_intervals_can_be_computed_again(card: list[dict]) -> None:
    study = load_resolved(PUBLISHED.results / "study.yaml")
    claims = claims_of(str(PUBLISHED.results / Path(file).name) for file in study.claims)
    items = partial(read_items, PUBLISHED)
    again = scorecard(
        claims, Cells(read_rows(PUBLISHED.compressed_table), study.substitutes, items, study.verdicts.resamples)
    )
    published = {row["id"]: row for row in card}
    with_interval = [row for row in again if row["low"] is not None and row["low"] != row["high"]]
    assert len(with_interval) > 50
    for row in with_interval:
        for number in NUMBERS:
            assert row[number] == pytest.approx(published[row["id"]][number], rel=1e-4), row["id"]
        assert row["verdict"] == published[row["id"]]["verdict"]


def test_the_numbers_of_the_index_are_those_of_the_scorecard(card: list[dict]) -> None:
    soup = BeautifulSoup(PUBLISHED.page("index").read_text(encoding="utf-8"), "html.parser")
    rows = {row["id"]: row for row in card}
    cases = soup.select(".forest .case")
    assert {case["id"] for case in cases} == set(rows)
    for case in cases:
        assert sentence(rows[case["id"]]) in " ".join(case.text.split()), case["id"]
    answer = " ".join(soup.select_one(".answer").text.split())
    told = [row for row in card if row["statement"] in answer]
    assert len({row["claim"] for row in told}) == 5
    assert all(sentence(row) in answer for row in told)


def test_everything_published_is_small(tmp_path: Path) -> None:
    files = [file for file in (ROOT / "results" / "published").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 20e6
