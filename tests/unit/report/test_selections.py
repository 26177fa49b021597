from dataclasses import replace

import pandas as pd
import pytest

from beyond_mle.jobs import Job, jobs
from beyond_mle.report import selections
from beyond_mle.report.results import controls, system_of


@pytest.fixture
def everything(study):
    return jobs(study)


def test_what_follows_from_p_is_apart_from_what_was_trained(scores):
    assert set(selections.references(scores).model) == {"oracle"}
    assert len(selections.references(scores)) + len(selections.trained(scores)) == len(scores)


def test_the_first_decoder_is_kept_and_what_needs_none(scores, everything):
    found = selections.searched(scores, everything)
    assert set(found[found.model == "transformer"].decoder) == {"greedy", "beam5", "none"}  # beam5: of summaries
    assert set(found[(found.model == "transformer") & (found.task == "grammar-ab")].decoder) == {"greedy", "none"}
    assert set(found[found.model == "vanilla-nat"].decoder) == {"single-pass", "none"}
    assert set(found[found.model == "tabular"].decoder) == {"none"}


def test_of_a_decoder_with_variants_only_the_first_is_the_first(everything):
    key = "grammar-ab/transformer/mle-continued/seed1"
    _, _, *drawn = everything[key].run.decoders
    job = Job(everything[key].study, replace(everything[key].run, decoders=tuple(drawn[::-1])))
    rows = pd.DataFrame({"system": system_of(job), "decoder": "sample", "temperature": [1.0, 0.5]})
    assert selections.searched(rows, {key: job}).temperature.tolist() == [0.5]


def test_samples_at_a_temperature(scores):
    assert set(selections.sampled(scores).decoder) == {"sample"}
    assert set(selections.sampled(scores, 0.5).objective) == {"mle-continued"}
    assert selections.samplers(scores) == ["sample"]
    assert selections.samplers(scores.drop(columns="temperature")) == []


def test_samples_with_a_cut_are_none_of_the_temperature():
    rows = pd.DataFrame({"temperature": [1.0, 1.0, 1.0, 0.5, None], "nucleus": [1, 0.9, 1, 1, None], "cutoff": 0.0})
    rows.loc[2, "cutoff"] = 0.1
    assert selections.uncut(rows).index.tolist() == [0, 3, 4]
    assert selections.sampled(rows).index.tolist() == [0]


def test_a_swept_system_has_variants(scores):
    assert set(selections.swept(scores, "order").system) == {
        "grammar-ab/transformer/convex-exp,order=1",
        "grammar-ab/transformer/convex-exp,order=3",
    }
    assert set(selections.swept(scores, "styles").task) == {"grammar-styles"}
    assert selections.swept(scores, "no-such-column").empty


def test_controls_stand_at_a_place_of_their_own(scores, everything):
    related = controls(everything)
    assert set(selections.along(scores, "order", related).objective) == {"convex-exp"}
    found = selections.along(scores, "order", related, at_control=0)
    assert found.groupby("objective").order.unique().map(sorted).to_dict() == {
        "convex-exp": [1, 3],
        "mle-continued": [0],
    }
    assert set(found.model) == {"transformer"}  # the other model has one order only


def test_a_control_that_is_a_variant_itself_stays_where_it_is():
    rows = pd.DataFrame(
        {"task": "t", "model": "m", "objective": "o", "system": ["a", "b"], "order": [1.0, 2.0], "value": [5, 6]}
    )
    found = selections.along(rows, "order", {"b": "a"}, at_control=0)
    assert found.order.tolist() == [1, 2]
