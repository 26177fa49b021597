"""The scorecard as forest plots."""

import json

import pytest
from bs4 import BeautifulSoup
from long_tables import BASE_ROW

from beyond_mle.report.forest import WIDTH, answer, counts, forest, sentence


@pytest.fixture
def card() -> list[dict]:
    gain = {**BASE_ROW, "claim": "gain", "statement": "It gains", "paper": 4.0, "systems": ["news/ctc/convex-exp"]}
    return [
        {**gain, "id": "gain-a", "case": "a", "measured": 2.0, "low": 1.0, "high": 3.0, "verdict": "replicated"},
        {**gain, "id": "gain-b", "case": "b", "measured": -1.0, "low": -8.0, "high": 6.0, "verdict": "inconclusive"}
        | {"needed": "9 seeds would decide it"},
        {**BASE_ROW, "id": "early", "claim": "early", "statement": "Early stopping helps", "supposed": True}
        | {"note": "no experiment stops early"},
        {**BASE_ROW, "id": "sum", "claim": "sum", "family": "mathematics", "measured": 1e-17, "verdict": "holds"},
    ]


def rows_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def test_a_claim_has_a_row_and_its_cases_beneath_it(card):
    soup = rows_of(forest(card, "source", {"news/ctc/convex-exp": "table3"}).data)
    claims = soup.find_all("details")
    assert [claim["id"] for claim in claims] == ["claim-gain", "claim-early"]
    said = " ".join(claims[0].summary.find(class_="said").text.split())
    assert said == "replicated 1 of 2, inconclusive 1 of 2 It gains Table 1"
    assert [case["id"] for case in claims[0].find_all(class_="case")] == ["gain-a", "gain-b"]
    assert {link["href"] for link in soup.find_all("a")} == {"table3.html"}
    assert "9 seeds would decide it" in claims[0].text
    assert "(supposed)" in claims[1].summary.text
    assert "no experiment stops early" in claims[1].text


def test_everything_drawn_is_also_told_in_words(card):
    soup = rows_of(forest(card, "source", {}).data)
    drawings = soup.find_all("svg")
    assert [drawing["aria-label"] for drawing in drawings] == [f"a {sentence(card[0])}; b {sentence(card[1])}"]
    assert sentence(card[0]) == "bleu +2.00 [+1.00, +3.00]; paper +4.00, 3 seeds"
    assert sentence(card[2]) == "not run"


def test_cases_share_a_scale_and_stay_inside(card):
    soup = rows_of(forest(card, "source", {}).data)
    dots = [float(dot["cx"]) for dot in soup.find_all("ellipse")]
    centre = WIDTH / 2
    assert (dots[0] - centre) / (centre - dots[1]) == pytest.approx(2, rel=0.02)
    ends = [float(line[end]) for line in soup.find_all("line") for end in ("x1", "x2")]
    assert 0 <= min(ends) <= max(ends) <= WIDTH


def test_how_many_withstand_the_strictest_count_is_told(card):
    card[0] |= {"p": 0.001, "holm": True}
    card[1] |= {"p": 0.4, "holm": False}
    text = rows_of(forest(card, "source", {}).data).find(class_="counts").text
    assert "Of 2 cases with an interval, 1 are beyond chance" in text


def test_families_are_never_added_up(card):
    assert counts(card, "source") == {"mixed": 1, "not-run": 1}
    assert counts(card, "mathematics") == {"holds": 1}
    assert counts(card, "ours") == {}


def test_seeds_are_shown_to_the_pointer(card):
    card[0]["seeds"] = {"news": {"1": 1.5, "2": 2.5}}
    soup = rows_of(forest(card, "source", {}).data)
    assert soup.find(id="gain-a")["title"] == "news: seed 1 +1.50, seed 2 +2.50"


def test_a_real_scorecard_is_shown_whole(finished):
    card = json.loads((finished / "scorecard.json").read_text())
    shown = [
        case["id"]
        for family in ("source", "ours", "mathematics")
        for case in rows_of(forest(card, family, {}).data).find_all(class_="case")
    ]
    assert sorted(shown) == sorted(row["id"] for row in card)


def test_an_answer_tells_claims_and_what_would_change_them(card):
    soup = rows_of(answer(card, ["early", "gain", "unknown"]).data)
    first, second = (" ".join(item.text.split()) for item in soup.section.ul.find_all("li"))
    assert first == "not run Early stopping helps (supposed): not run."
    assert second.startswith(
        "replicated 1 of 2, inconclusive 1 of 2 It gains: news for a: bleu +2.00 [+1.00, +3.00]; paper +4.00"
    )
    changes = [" ".join(item.text.split()) for item in soup.details.find_all("li")]
    assert changes == ["Early stopping helps: no experiment stops early", "It gains, b: 9 seeds would decide it"]
