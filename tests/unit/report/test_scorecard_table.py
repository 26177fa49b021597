import json

from bs4 import BeautifulSoup

from beyond_mle.report import scorecard_table


def test_the_scorecard_counts_verdicts_and_folds_what_was_not_run(study, finished):
    card = json.loads((finished / "scorecard.json").read_text())
    soup = BeautifulSoup(scorecard_table.scorecard(study, card).data, "html.parser")
    open_rows = {tr["id"] for tr in soup.find_all("tr", id=True) if tr.find_parent("details") is None}
    assert open_rows == {row["id"] for row in card if row["verdict"] != "not run"}
    assert len(open_rows) < len(card)
    number = sum(row["verdict"] == "replicated" for row in card)
    assert f"replicated {number}" in soup.find("p", class_="counts").text


def test_the_scorecard_groups_claims_by_paper_and_leaves_exact_numbers_without_interval(study):
    row = {"statement": "…", "paper": None, "task": "t", "n_seeds": 3, "verdict": "replicated"}
    numbers = [("A, Table 1", 2.0, 1.0, 3.0), ("B, eq. 1", -2e-5, -2e-5, -2e-5), ("A, Table 2", 1.0, None, None)]
    keys = ("source", "measured", "low", "high")
    card = [{**row, "id": str(i), **dict(zip(keys, values, strict=True))} for i, values in enumerate(numbers)]
    soup = BeautifulSoup(scorecard_table.scorecard(study, card).data, "html.parser")
    lines = [[cell.text for cell in tr.find_all(["th", "td"])] for tr in soup.select("tbody tr")]
    assert [line[0] if len(line) == 1 else line[2] for line in lines] == ["A", "Table 1", "Table 2", "B", "eq. 1"]
    assert lines[1][3:5] == ["2.00", "[1.00, 3.00]"]
    assert lines[2][3:5] == ["1.00", ""]
    assert lines[4][3:5] == ["−2e−05", ""]  # the papers print none of these: no such column
