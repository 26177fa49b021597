import pytest

from beyond_mle.jobs import jobs
from beyond_mle.report.arms import arms, three_arms


@pytest.fixture(scope="module")
def everything(study):
    return jobs(study)


@pytest.fixture(scope="module")
def found(everything):
    return arms(everything, [job.run for job in everything.values()])


def test_they_are_trained_on_text_with_the_first_seed_and_their_first_decoder(found):
    assert {arm.job.run.task.name for arm in found} >= {"grammar-ab", "grammar-summary", "grammar-clauses"}
    assert not {arm.job.run.task.name for arm in found} & {"mixture", "language"}
    assert "oracle" not in {arm.job.run.model.name for arm in found}
    assert {arm.job.run.seed for arm in found} == {1}
    assert {arm.decoder for arm in found if arm.job.run.key.startswith("grammar-ab/transformer")} == {"greedy"}


def test_decoders_are_those_asked_for_by_name(everything):
    own = arms(everything, [job.run for job in everything.values()], ["beam5", "sample"])
    labels = {arm.decoder for arm in own if arm.job.run.key == "grammar-ab/transformer/mle-continued/seed1"}
    assert labels == {"beam5", "sample", "sample,temperature=0.5"}
    assert not [arm for arm in own if arm.job.run.model.name == "vanilla-nat"]


def test_labels_and_roles_tell_them_apart(found):
    own = {arm.label: arm.role for arm in found if arm.job.run.key.startswith("grammar-ab/transformer/")}
    assert own["mle"] == "first stage, control"  # of scheduled sampling
    assert own["mle-continued"] == "control"
    assert own["convex-exp, k = 1"] == own["convex-exp, k = 3"] == ""


def test_three_arms_are_a_first_stage_a_control_and_what_is_compared_with_it(found):
    labels = ["mle", "mle-continued", "convex-exp, k = 3"]
    assert [arm.label for arm in three_arms(found, "vanilla-nat")] == labels
    assert {arm.job.run.model.name for arm in three_arms(found, "vanilla-nat")} == {"vanilla-nat"}
    assert [arm.job.run.model.name for arm in three_arms(found, "unknown")] == ["transformer"] * 3
    assert three_arms([arm for arm in found if arm.label == "mle"]) == []
