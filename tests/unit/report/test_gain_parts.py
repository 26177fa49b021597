"""A second stage's gain, taken apart."""

import pandas as pd
import pytest

from beyond_mle.jobs import jobs
from beyond_mle.report.gain_parts import COLUMNS, gain_parts, shares
from beyond_mle.report.page import Page

pytestmark = pytest.mark.usefixtures("at_root")


def test_the_parts_of_a_run_are_those_of_its_start_and_its_control(study, finished, scores):
    parts = gain_parts(jobs(study), scores, "bleu")
    assert list(parts) == COLUMNS
    rows = scores[(scores.metric == "bleu") & scores.decoder.isin(parts.decoder.unique())]
    one = parts[(parts.model == "transformer") & (parts.task == "grammar-ab")].iloc[0]
    own = rows[
        (rows.task == one.task) & (rows.model == one.model) & (rows.seed == one.seed) & (rows.decoder == one.decoder)
    ]
    values = own.drop_duplicates("objective").set_index("objective").value
    assert (one["first"], one.control) == (values["mle"], values["mle-continued"])
    assert not parts.objective.isin(["mle", "mle-continued"]).any()


def test_every_decoder_of_the_three_runs_has_its_parts(study, finished, scores):
    parts = gain_parts(jobs(study), scores, "bleu")
    own = parts[(parts.model == "transformer") & (parts.task == "grammar-ab")]
    assert set(own.decoder) >= {"greedy", "beam5"}
    assert not own.duplicated(["objective", "order", "decoder", "seed"]).any()


def test_the_share_of_longer_training_is_of_means_over_seeds():
    shared = {"task": "t", "model": "m", "order": None, "decoder": "greedy", "metric": "bleu"}
    values = {"rises": [(10, 12, 18, 1), (12, 12, 20, 2)], "falls": [(10, 9, 8, 1)]}
    parts = pd.DataFrame(
        [
            {**shared, "objective": objective, "seed": seed, "first": first, "control": control, "value": value}
            for objective, seeds in values.items()
            for first, control, value, seed in seeds
        ],
        columns=COLUMNS,
    )
    found = shares(parts).set_index("objective")
    assert found.loc["rises", ["stage 1", "longer training", "the objective", "both"]].tolist() == [11, 1, 7, 8]
    share = found["share of longer training in %"]
    assert share["rises"] == pytest.approx(12.5)
    assert pd.isna(share["falls"])


def test_a_study_without_substitutes_has_no_numbers_of_the_paper(study, finished):
    own = study.model_copy(update={"substitutes": {}})
    parts = Page("table1_autoregressive", own, finished).gain_parts("bleu")
    assert len(parts)
    assert parts[["paper_first", "paper"]].isna().all().all()
    assert Page("table1_autoregressive", own, finished).gain_parts("sigma").empty


def test_a_page_has_the_paper_s_numbers_beside_them(study, finished):
    parts = Page("table1_autoregressive", study, finished).gain_parts("bleu")
    on_ab = parts[(parts.task == "grammar-ab") & (parts.decoder == "greedy") & (parts.model == "transformer")]
    of_paper = on_ab[(on_ab.objective == "convex-exp") & (on_ab.order == 1)]
    assert set(on_ab.paper_first) == {26.48}
    assert set(of_paper.paper) == {26.92}
    assert on_ab.drop(of_paper.index).paper.isna().all()
