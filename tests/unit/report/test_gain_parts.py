"""A second stage's gain, taken apart."""

import pytest

from beyond_mle.jobs import jobs
from beyond_mle.report.gain_parts import COLUMNS, gain_parts
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
