from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.report.page import TITLES, Page
from beyond_mle.study import Evaluation

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
    assert str(results / "truth" / "grammar-ba.json") in table3
    assert not [path for path in table3 if "grammar-summary" in path]
    index = {str(path) for path in Page("index", study, results).inputs()}
    assert {path for path in index if "grammar-summary" in path and path.endswith("training.json")}


def test_comet_scores_are_inputs_where_the_study_names_a_model(study, results):
    name = "runs/grammar-ab/transformer/mle/seed1/scores/beam5.comet.json"
    assert results / name not in Page("table1_autoregressive", study, results).inputs()
    own = study.model_copy(update={"evaluation": Evaluation(comet_model="some/model")})
    assert results / name in Page("table1_autoregressive", own, results).inputs()


def test_a_page_without_runs_has_an_empty_table(study, results):
    assert Page("adversarial", study, results).table(["bleu"]).empty


def test_an_unknown_page_is_an_error(study, results):
    with pytest.raises(UserError, match="there is no page 'indx': did you mean 'index'"):
        Page("indx", study, results)


def test_trainings_say_what_each_run_started_from(study, results):
    rows = Page("index", study, results).trainings().set_index(["task", "model", "objective"])
    assert rows.loc[("grammar-ab", "vanilla-nat", "mle"), "starts from"] == "scratch"
    second = rows.loc[("grammar-ba", "vanilla-nat", "convex-exp, k = 3"), ["starts from", "control", "seeds"]]
    assert second.tolist() == ["mle", "mle-continued", 2]


def test_comparisons_with_the_control_are_listed_seed_by_seed(study, results):
    rows = Page("table2_summarization", study, results).paired("rouge1")
    assert set(rows.objective) == {"convex-exp"}  # the others have no control
    assert list(zip(rows.decoder, rows.seed, strict=True)) == [(d, s) for s in (1, 2) for d in ("greedy", "beam5")]
    assert rows.iloc[0][["control", "difference", "low", "high"]].tolist() == ["mle-continued", 2.0, 1.0, 3.0]


def test_the_papers_numbers_are_those_of_the_data_sets_asked_for(study, results, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS.parent)
    paper = Page("table2_summarization", study, results).paper(["rouge1"], ["cnndm", "xsum"])
    assert paper.value.tolist() == [39.03, 39.56, 31.04, 31.55]
    assert set(paper.task) == {"cnndm (paper)", "xsum (paper)"}


def test_speeds_have_the_papers_speed_up(study, results):
    speeds = Page("table3_nonautoregressive", study, results).speeds().set_index("decoder")
    assert speeds.loc["single-pass", "paper"] == 15.6
    (results / "speed" / "grammar-ab.json").unlink()
    assert Page("table3_nonautoregressive", study, results).speeds().empty


def test_cleaning_names_the_reasons(study, results):
    row = Page("index", study, results).cleaning().iloc[0]
    assert row.tolist() == ["grammar-ab, in place of wmt14-ende", "train", 100, 98, "too long: 2"]
