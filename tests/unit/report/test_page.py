from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.layout import Layout
from beyond_mle.report import pages
from beyond_mle.report.page import Page
from beyond_mle.report.pages import INDEX

pytestmark = pytest.mark.usefixtures("at_root")


def test_every_page_has_a_notebook_of_its_own_or_the_one_for_any_experiment(study):
    assert pages.notebook_of("table1_autoregressive") == Path("notebooks/table1_autoregressive.py")
    assert pages.title_of("table1_autoregressive") == "Autoregressive translation (Table 1)"
    assert pages.notebook_of("plane-fits") == Path("notebooks/experiment.py")
    assert pages.title_of("plane-fits") == "Plane fits"
    assert {"index", "plane-fits", "finite-fits", "text-fits"} <= set(pages.study_pages(study))


def test_inputs_are_what_the_notebook_reads_and_no_more(study, finished):
    layout = Layout(finished)
    table1 = Page("table1_autoregressive", study, finished).inputs()
    key = "grammar-ab/transformer/mle/seed1"
    assert {layout.page_table("table1_autoregressive"), layout.scores(key)} <= set(table1)
    assert layout.training_log(key) not in table1
    curves = Page("text-fits", study, finished).inputs()
    assert layout.training_log("grammar-clauses/transformer/mle/seed1") in curves
    assert not [path for path in table1 if "vanilla-nat" in str(path)]
    plane = Page("plane-fits", study, finished).inputs()
    assert layout.prepared("mixture") in plane
    assert not [path for path in plane if "grammar" in str(path)]
    assert all(path.exists() for page in pages.study_pages(study) for path in Page(page, study, finished).inputs())


def test_a_table_has_the_metrics_and_decoders_in_the_order_asked_for(study, finished):
    page = Page("table1_autoregressive", study, finished)
    table = page.table(["validity", "bleu"], ["beam5", "greedy"])
    assert list(table.metric.unique()) == ["validity", "bleu"]
    assert set(table.decoder) == {"beam5", "greedy"}
    assert table[table.metric == "bleu"].decoder.tolist()[0] == "beam5"
    assert len(page.table()) > len(table)


def test_an_unknown_page_is_an_error(study, finished):
    with pytest.raises(UserError, match="has no page 'indx': did you mean 'index'"):
        Page("indx", study, finished)


def test_a_caveat_by_kind_of_task_stands_where_such_tasks_are_shown(study, finished):
    own = study.model_copy(
        update={"caveat": {"grammar": "Grammars.", "grammar-summary": "Grammars.", "plane": "Dots."}}
    )
    told = {page: Page(page, own, finished).caveat for page in ("text-fits", "plane-fits", "finite-fits", INDEX)}
    assert told == {"text-fits": "Grammars.", "plane-fits": "Dots.", "finite-fits": "", INDEX: "Grammars. Dots."}
    assert Page("plane-fits", study, finished).caveat == study.caveat


def test_trainings_say_what_each_run_started_from(study, finished):
    rows = Page("index", study, finished).trainings().set_index(["task", "model", "objective"])
    first = rows.loc[("grammar-ab", "vanilla-nat", "mle")]
    assert first[["starts from", "control", "steps", "seeds"]].tolist() == ["scratch", "", 4, 2]
    second = rows.loc[("grammar-ab", "transformer", "convex-exp,order=3")]
    assert second[["starts from", "control", "seeds"]].tolist() == ["mle", "mle-continued", 2]


def test_gains_are_differences_seed_by_seed(study, finished):
    page = Page("convex_functions", study, finished)
    rows = page.gains(page.scores(), ["bleu"])
    assert set(rows.groupby(["system", "decoder", "temperature"], dropna=False).seed.nunique()) == {2}
    assert {"label", "task_label", "decoder_label"} <= set(rows)
    assert set(rows.system) <= set(page.controls)


def test_figures_have_the_papers_numbers_of_the_same_cells(study, finished):
    page = Page("table1_autoregressive", study, finished)
    scores = page.scores()
    rows = page.beside_paper(page.seeds(scores, ["bleu"], "greedy"))
    assert len(rows) == len(scores[(scores.metric == "bleu") & (scores.decoder == "greedy")])
    trained = rows[rows.model == "transformer"].drop_duplicates("label").set_index("label").paper
    assert trained["convex-exp, k = 1"] == 26.92
    assert trained[["mle-continued", "convex-exp, k = 3"]].isna().all()


def test_the_papers_numbers_are_those_of_the_data_sets_asked_for(study, finished):
    paper = Page("table2_summarization", study, finished).paper(["rouge1"], ["cnndm", "xsum"])
    assert paper.value.tolist() == [39.03, 39.56, 31.04, 31.55]
    assert set(paper.task) == {"cnndm (paper)", "xsum (paper)"}


def test_speeds_have_the_papers_speed_up(study, finished):
    page = Page("table3_nonautoregressive", study, finished)
    assert page.speeds().set_index("decoder").loc["single-pass", "paper"] == 15.6
    assert set(Page("table1_autoregressive", study, finished).speeds().model) == {"transformer"}


def test_without_measured_speeds_there_are_none(study, tmp_path):
    assert Page("table3_nonautoregressive", study, tmp_path).speeds().empty


def test_cleaning_names_the_reasons(study, tmp_path):
    counts = {"read": 100, "kept": 98, "dropped": {"too long": 2, "empty": 0}}
    write_json(Layout(tmp_path).prepared("grammar-ab"), {"splits": {"train": counts}})
    rows = Page("table1_autoregressive", study, tmp_path).cleaning()
    assert rows.iloc[0].tolist() == ["grammar-ab, in place of wmt14-ende", "train", 100, 98, "too long: 2"]


def test_what_was_skipped_is_said_once_for_each_reason(study, finished):
    rows = Page("index", study, finished).skipped()
    assert not rows.duplicated(["yardstick", "why"]).any()
    assert "oracle" in rows.set_index("yardstick").models["held-out"]
