"""Jobs: the classes and options behind a run's names, and the settings that its weights depend on."""

from pathlib import Path
from typing import Any

import pytest
import torch
from studies import changed

from beyond_mle.errors import UserError
from beyond_mle.jobs import entry, find_job, jobs, yardsticks
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.mle import MLE
from beyond_mle.references import Choice
from beyond_mle.registry import YARDSTICKS
from beyond_mle.study import Study

CONVEX = "g/transformer/convex-exp/seed1"


def study(*changes: tuple[str, Any]) -> Study:
    return Study.model_validate(changed(*changes))


def test_an_entry_has_the_class_of_its_kind_and_the_options_of_study_and_reference():
    own = study(("objectives.mine", {"kind": "convex-exp", "order": 3, "average": "sentence"}))
    found = entry(own, "objectives", Choice("mine", {"order": 5}))
    assert (found.kind, found.cls) == ("convex-exp", ConvexExp)
    assert (found.options.order, found.options.average) == (5, "sentence")
    assert found.settings == {"kind": "convex-exp", **found.options.model_dump()}


def test_a_kind_s_own_name_needs_no_entry_and_an_entry_of_that_name_no_kind():
    assert entry(study(), "objectives", Choice("mle")).cls is MLE
    own = study(("objectives.mle", {"average": "sentence"}))
    assert entry(own, "objectives", Choice("mle")).options.average == "sentence"


@pytest.mark.parametrize(
    ("section", "choice", "message"),
    [
        ("objectives", Choice("mel"), "objectives: 'mel' is not defined: did you mean 'mle'?"),
        ("models", Choice("mine"), "models.mine: there is no model kind 'transfomer': did you mean 'transformer'?"),
        ("objectives", Choice("js", {"pie": 1}), "unknown config key 'objectives.js.pie': did you mean 'pi'?"),
        ("objectives", Choice("js", {"pi": 2}), "config key 'objectives.js.pi' = 2"),
        ("solvers", Choice("minibatch", {"steps": 1}), "config key 'solvers.minibatch.batch_size' is missing"),
    ],
)
def test_what_cannot_be_resolved_is_one_line(section, choice, message):
    with pytest.raises(UserError) as error:
        entry(study(("models.mine", {"kind": "transfomer"})), section, choice)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        ("models.transformer.width", 16, False),
        ("tasks.g.styles", 2, False),
        ("solvers.first.steps", 3, False),
        ("experiments.e.stages.second.objectives.1", {"convex-exp": {"order": 4}}, False),
        ("experiments.e.decoders", ["beam"], False),  # validation uses the first one
        ("experiments.e.decoders", ["greedy", "beam"], True),
        ("evaluation", {"batch_size": 3}, True),
        ("experiments.e.pages", ["other"], True),
        ("caveat", "other words", True),
        ("objectives.another", {"kind": "js"}, True),
    ],
)
def test_settings_are_what_the_weights_depend_on(path, value, same):
    one, other = (find_job(own, CONVEX).settings for own in (study(), study((path, value))))
    assert (one == other) is same


def test_the_decoder_does_not_count_where_nothing_is_validated():
    silent = ("solvers.first.validation", None)
    one, other = (study(silent, ("experiments.e.decoders", [decoder])) for decoder in ("greedy", "beam"))
    assert find_job(one, CONVEX).settings == find_job(other, CONVEX).settings


def test_seeds_differ_in_their_settings_and_names_do_not():
    found = {key: job.settings for key, job in jobs(study()).items()}
    for objective in ("mle", "convex-exp"):
        one, other = (found[f"g/transformer/{objective}/seed{seed}"] for seed in (1, 2))
        assert one != other
        assert {**one, "seed": 2} == other
    assert found["g/transformer/mle-continued/seed1"] == found["g/transformer/mle/seed1"]  # of one kind


def plane(model: dict, objective: str, seeds=(1,)) -> Study:
    stages = {"s": {"objectives": [objective], "solver": "minima"}}
    experiment = {"task": "plane", "model": "m", "stages": stages, "seeds": list(seeds)}
    return Study.model_validate({"preset": "plane", "models": {"m": model}, "experiments": {"e": experiment}})


def test_a_model_is_drawn_from_the_run_s_seed():
    own = plane({"kind": "plane-generator", "width": 4}, "js-adversarial", (1, 2))
    one, other = jobs(own).values()
    data = one.data(Path())
    weights = [torch.nn.utils.parameters_to_vector(job.new_model(data).parameters()) for job in (one, one, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_model_and_objective_are_made_for_the_data():
    (job,) = jobs(plane({"kind": "isotropic-gaussian", "scale": 2.0}, "js")).values()
    data = job.data(Path())
    model = job.new_model(data)
    assert isinstance(model, IsotropicGaussian)
    assert model.figures()["sigma"] == pytest.approx(2.0)
    assert job.new_objective(data, model).options.pi == 0.5
    assert job.new_objective(data, model, {"pi": 0.1}).options.pi == 0.1
    with pytest.raises(UserError, match=r"objective\.pi' = 3"):
        job.new_objective(data, model, {"pi": 3})


def test_all_yardsticks_measure_but_those_that_are_switched_off():
    own = yardsticks(study(("yardsticks", {"distance": {"sources": 7}, "diversity": False})))
    assert set(own) == set(YARDSTICKS) - {"diversity"}
    assert own["distance"].options.sources == 7


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"distanse": {}}, "there is no yardstick 'distanse': did you mean 'distance'?"),
        ({"distance": {"source": 3}}, "unknown config key 'yardsticks.distance.source': did you mean 'sources'?"),
    ],
)
def test_mistakes_in_yardsticks_are_named(value, message):
    with pytest.raises(UserError) as error:
        yardsticks(study(("yardsticks", value)))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("task", "model", "yardstick"),
    [("regression", "mdn", "conditional-density"), ("grammar", "transformer", "held-out")],
)
def test_of_yardsticks_that_share_a_metric_that_of_the_data_validates(task, model, yardstick):
    solver = {"kind": "minibatch", "steps": 1, "batch_size": 8, "learning_rate": 0.1, "validation": "nll"}
    stages = {"only": {"objectives": ["mle"], "solver": "own"}}
    experiment = {"task": task, "model": model, "stages": stages}
    own = {"preset": "own", "solvers": {"own": solver}, "experiments": {"only": experiment}}
    (job,) = jobs(Study.model_validate(own)).values()
    assert job.validated_by is not None
    assert (job.validated_by[0].kind, job.validated_by[1].name) == (yardstick, "nll")
