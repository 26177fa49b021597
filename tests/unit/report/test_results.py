import json

import pandas as pd
import pytest

from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report import results
from beyond_mle.study import Evaluation

KEY = "grammar-ab/transformer/mle-continued/seed1"


@pytest.fixture
def everything(study):
    return jobs(study)


def test_every_score_of_every_run_is_a_row(scores, finished, everything):
    found = sum(len(json.loads(Layout(finished).scores(key).read_text())["scores"]) for key in everything)
    assert len(scores) == found
    assert not scores.duplicated([*results.identity(scores), "seed"]).any()


def test_the_columns_are_what_varies_and_never_a_name(scores):
    assert list(scores)[: len(results.BASE)] == results.BASE
    assert {"order", "pi", "average", "temperature", "styles", "zipf", "main_clauses"} <= set(scores)
    assert not scores[["task", "objective", "decoder"]].map(lambda name: "=" in name).any(axis=None)
    variants = scores[scores.objective == "convex-exp"]
    assert set(variants[variants.model == "transformer"].order) == {1, 3}
    assert scores[scores.objective == "mle"].order.isna().all()
    assert set(scores[scores.decoder == "sample"].temperature) == {1.0, 0.5}
    assert scores[scores.decoder == "greedy"].temperature.isna().all()


def test_the_members_of_a_run_are_told_apart_by_their_labels(scores):
    members = scores[scores.task == "mixture"]
    assert set(members.pi) == {0.1, 0.5}
    assert set(members.is_global) == {True, False} or set(members.is_global) == {True}
    assert members.exact.all()


def test_columns_belong_to_a_section(everything):
    found = results.sections(everything)
    assert (found["styles"], found["temperature"], found["order"]) == ("task", "decoder", "objective")


def test_controls_are_systems(everything):
    found = results.controls(everything)
    assert found["grammar-ab/transformer/convex-exp,order=3"] == "grammar-ab/transformer/mle-continued"
    assert found["grammar-ab/transformer/ss-linear"] == "grammar-ab/transformer/mle"
    assert "grammar-ab/transformer/mle-continued" not in found


def test_a_column_that_there_is_not_has_nothing_for_every_row():
    rows = pd.DataFrame({"order": [1.0, 2.0]}, index=[5, 7])
    assert results.column(rows, "order").tolist() == [1, 2]
    assert results.column(rows, "pi").isna().all()
    assert results.column(rows, "pi").index.tolist() == [5, 7]


def test_comet_scores_are_read_where_the_study_names_a_model(study, finished, tmp_path):
    layout = Layout(tmp_path)
    write_json(layout.scores(KEY), json.loads(Layout(finished).scores(KEY).read_text()))
    own = study.model_copy(update={"evaluation": Evaluation(comet_model="some/model")})
    labels = list(jobs(own)[KEY].decoders)
    for number, label in enumerate(labels):
        write_json(layout.comet(KEY, label), {"comet": 80.0 + number})
    assert "comet" not in set(results.long_table(jobs(study), layout, [KEY]).metric)
    table = results.long_table(jobs(own), layout, [KEY])
    assert table[table.metric == "comet"].value.tolist() == [80.0 + number for number in range(len(labels))]
    assert set(table[table.metric == "comet"].decoder) == {"greedy", "beam5", "sample"}


def test_a_missing_score_file_is_an_error_that_names_it(everything, tmp_path):
    with pytest.raises(UserError, match=r"mle-continued/seed1/scores\.json: no such file"):
        results.long_table(everything, Layout(tmp_path), [KEY])


@pytest.mark.parametrize("content", ["{", "[1]", "{}"])
def test_a_damaged_score_file_is_an_error_that_names_it(everything, tmp_path, content):
    path = Layout(tmp_path).scores(KEY)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(UserError, match=r"mle-continued/seed1/scores\.json: not"):
        results.long_table(everything, Layout(tmp_path), [KEY])
