from pathlib import Path

import pytest

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.report.claims import load_claims
from beyond_mle.report.published import as_scores, load_published

CONFIG = Path(__file__).parents[3] / "config"


def test_every_number_of_tables_1_to_3_is_there_once():
    published = load_published(CONFIG / "published.yaml")
    table1 = [key for key in published if key[1] == "transformer" and key[4] == "bleu"]
    table2 = [key for key in published if key[4].startswith("rouge")]
    table3 = [key for key in published if key[1] != "transformer"]
    assert len(table1) == 8
    assert len(table2) == 2 * 2 * 3
    assert len(table3) == 2 * 6 * 3
    assert published["cnndm", "transformer", "convex-exp", "beam5", "rouge2"] == 16.84
    assert published["xsum", "transformer", "mle", "beam5", "rougel"] == 24.77
    assert published["wmt14-ende", "cmlm", "convex-exp", "length-beam5", "bleu"] == 20.45
    assert published["wmt14-deen", "transformer", "mle", "beam5", "comet"] == 82.98


def test_published_numbers_use_the_names_of_the_default_study():
    study = config.load_resolved(CONFIG / "default.yaml")
    named = set(load_published(CONFIG / "published.yaml"))
    trained = {
        (study.substitutes[run.task], run.model, run.objective, decoder, "bleu")
        for run in config.runs(study)
        if run.task in study.substitutes
        for decoder in run.decoders
    }
    assert {key for key in named if key[4] == "bleu"} <= trained


def test_paper_numbers_in_claims_follow_from_the_published_numbers():
    published = load_published(CONFIG / "published.yaml")
    claims = [claim for claim in load_claims(CONFIG / "claims.yaml") if claim.paper is not None]
    assert len(claims) > 20
    for claim in claims:
        total = 0.0
        for term in claim.terms:
            cell = term.conditions | ({"objective": "mle"} if term.of_control else {})  # the paper has no control
            key = tuple(cell[column] for column in ("task", "model", "objective", "decoder", "metric"))
            total += term.sign * published[key]
        assert claim.paper == pytest.approx(total, abs=1e-9), claim.id


def test_a_number_at_another_depth_is_an_error(tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text("wmt14-ende: {transformer: {mle: {bleu: 26.48}}}")
    with pytest.raises(UserError, match=r"'wmt14-ende\.transformer\.mle\.bleu' must be"):
        load_published(path)


def test_as_scores_keeps_each_number(tmp_path):
    key = ("transformer", "mle", "greedy", "bleu")
    scores = as_scores({("wmt14-ende", *key): 26.48, ("wmt14-deen", *key): 29.78}, ["wmt14-ende"])
    assert scores[["task", "decoder", "value"]].to_numpy().tolist() == [["wmt14-ende (paper)", "greedy", 26.48]]
