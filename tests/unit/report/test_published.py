from pathlib import Path

import pandas as pd
import pytest

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.report.claims import load_claims
from beyond_mle.report.published import NUMBER, as_scores, load_published
from beyond_mle.runs import runs

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def published() -> pd.DataFrame:
    return load_published(CONFIG / "published.yaml")


def test_every_number_of_tables_1_to_3_is_there_once(published):
    assert not published.duplicated(NUMBER).any()
    assert len(published[(published.model == "transformer") & (published.metric == "bleu")]) == 8
    assert len(published[published.metric.str.startswith("rouge")]) == 2 * 2 * 3
    assert len(published[published.model != "transformer"]) == 2 * 6 * 3
    values = published.set_index(NUMBER).value
    assert values["cnndm", "transformer", "convex-exp", "beam5", "rouge2"] == 16.84
    assert values["xsum", "transformer", "mle", "beam5", "rougel"] == 24.77
    assert values["wmt14-ende", "cmlm", "convex-exp", "length-beam5", "bleu"] == 20.45
    assert values["wmt14-deen", "transformer", "mle", "beam5", "comet"] == 82.98


def test_the_papers_orders_stand_beside_its_numbers(published):
    orders = published[published.task.str.startswith("wmt")].groupby(["model", "objective"]).order.unique()
    assert orders["transformer", "convex-exp"].tolist() == [1]
    assert orders["ctc", "convex-exp"].tolist() == [3]
    assert published[(published.objective == "mle") | (published.task == "xsum")].order.isna().all()


def test_published_numbers_use_the_names_of_the_default_study(published):
    study = load_resolved(CONFIG / "default.yaml")
    trained = {
        (study.substitutes[run.task.name], run.model.name, run.objective.name, decoder.name)
        for run in runs(study).values()
        if run.task.name in study.substitutes
        for decoder in run.decoders
    }
    bleu = published[published.metric == "bleu"]
    assert set(bleu[NUMBER[:-1]].itertuples(index=False, name=None)) <= trained


def test_paper_numbers_in_claims_follow_from_the_published_numbers(published):
    values = published.set_index(NUMBER).value
    claims = [claim for claim in load_claims(CONFIG / "claims.yaml") if claim.paper is not None and claim.terms]
    assert len(claims) > 20
    for claim in claims:
        total = 0.0
        for term in claim.terms:
            cell = term.conditions | ({"objective": "mle"} if term.of_control else {})  # the paper has no control
            key = tuple(cell[column] for column in ("task", "model", "objective", "decoder", "metric"))
            total += term.sign * values[key]
        assert claim.paper == pytest.approx(total, abs=1e-9), claim.id


def test_a_number_at_another_depth_is_an_error(tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text("wmt14-ende: {transformer: {mle: {bleu: 26.48}}}")
    with pytest.raises(UserError, match=r"'wmt14-ende\.transformer\.mle\.bleu' must be"):
        load_published(path)


def test_an_objective_may_have_options(tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text(
        "d: {m: {mle: {greedy: {bleu: 1}}, convex-exp: {options: {order: 3}, greedy: {bleu: 2, comet: 4}}}}"
    )
    found = load_published(path)
    assert found[["objective", "metric", "value"]].to_numpy().tolist() == [
        ["mle", "bleu", 1],
        ["convex-exp", "bleu", 2],
        ["convex-exp", "comet", 4],
    ]
    assert found.order.fillna(0).tolist() == [0, 3, 3]


def test_as_scores_keeps_each_number(published):
    scores = as_scores(published, ["wmt14-ende"])
    assert set(scores.task) == {"wmt14-ende (paper)"}
    assert scores.value.tolist() == published[published.task == "wmt14-ende"].value.tolist()
    assert set(scores.seed) == {0}
