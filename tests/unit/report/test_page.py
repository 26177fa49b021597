from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.report.page import TITLES, Page

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


def test_every_page_has_a_notebook_and_the_other_way_round():
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(TITLES)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_are_short(path):
    assert len(path.read_text().splitlines()) <= 80


def test_inputs_are_what_the_page_reads_and_no_more(study, results):
    table1 = {str(path) for path in Page("table1_autoregressive", study, results).inputs()}
    assert str(results / "tables" / "table1_autoregressive.csv") in table1
    assert str(results / "runs/grammar-ab/transformer/mle/seed1/scores/beam5.json") in table1
    assert not [path for path in table1 if "vanilla-nat" in path]
    table3 = {str(path) for path in Page("table3_nonautoregressive", study, results).inputs()}
    assert str(results / "runs/grammar-ab/vanilla-nat/convex-exp/seed3/training.jsonl") in table3
    assert str(results / "runs/grammar-ab/transformer/mle/seed1/scores/greedy.json") not in table3


def test_an_unknown_page_is_an_error(study, results):
    with pytest.raises(UserError, match="there is no page 'indx': did you mean 'index'"):
        Page("indx", study, results)


def test_trainings_say_what_each_run_started_from(study, results):
    rows = Page("index", study, results).trainings().set_index(["model", "objective"])
    assert rows.loc[("vanilla-nat", "mle"), "starts from"] == "scratch"
    assert rows.loc[("vanilla-nat", "convex-exp, k = 3"), ["starts from", "control"]].tolist() == [
        "mle",
        "mle-continued",
    ]


def test_speeds_have_the_papers_speed_up(study, results):
    speeds = Page("table3_nonautoregressive", study, results).speeds().set_index("decoder")
    assert speeds.loc["single-pass", "paper"] == 15.6
    (results / "speed" / "grammar-ab.json").unlink()
    assert Page("table3_nonautoregressive", study, results).speeds().empty


def test_cleaning_names_the_reasons(study, results):
    row = Page("index", study, results).cleaning().iloc[0]
    assert row.tolist() == ["grammar-ab, in place of wmt14-ende", "train", 100, 98, "too long: 2"]
