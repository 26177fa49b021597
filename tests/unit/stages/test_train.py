"""Fits by the command line: what a run's folder holds, and what is refused."""

import json

import pytest
import torch
from safetensors.torch import load_file
from small_world import STUDY

from beyond_mle.files import read_jsonl
from beyond_mle.jobs import find_job
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.stages.fitted import fitted

MLE, CONVEX = (f"g/transformer/{objective}/seed1" for objective in ("mle", "convex-exp,order=1"))
KNOB = "plane/isotropic-gaussian/js/seed1"
DUEL = "plane/plane-generator/js-adversarial/seed1"


def files(world, key: str) -> set[str]:
    folder = world.layout.run(key)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()


def test_a_run_of_steps_has_weights_a_log_and_a_summary(finished):
    assert {"model.safetensors", "training.jsonl", "training.json"} <= files(finished, MLE)
    assert "state.pt" not in files(finished, MLE)
    summary = json.loads(finished.layout.summary(MLE).read_text())
    weights = load_file(finished.layout.weights(MLE))
    assert summary["steps"] == 3
    assert summary["parameters"] == sum(tensor.numel() for tensor in weights.values())
    assert summary["device"].startswith("CPU")
    records = read_jsonl(finished.layout.training_log(MLE))
    assert summary["validations"] == [records[-1]["validation"]]
    assert records[-2]["step"] == 3


def test_the_same_study_gives_the_same_weights(finished):
    before = finished.layout.weights(CONVEX).read_bytes()
    finished.layout.weights(CONVEX).unlink()
    finished.run("train", run=CONVEX)
    assert finished.layout.weights(CONVEX).read_bytes() == before


def test_a_second_stage_starts_from_the_weights_of_the_first(finished):
    """With a learning rate of next to nothing it stays where it starts."""
    steps = {**finished.values["solvers"]["steps"], "learning_rate": 1e-12}
    finished.values = {**finished.values, "solvers": {**finished.values["solvers"], "steps": steps}}
    finished.save()
    finished.run("train", run=CONVEX)
    start, end = (load_file(finished.layout.weights(key)) for key in (MLE, CONVEX))
    for name, tensor in start.items():
        torch.testing.assert_close(tensor, end[name])


def test_members_of_a_run_are_stacked_and_labelled(finished):
    summary = json.loads(finished.layout.summary(KNOB).read_text())
    values = [0.05, 0.4, 0.95]
    assert summary["members"] == [{"pi": pi, "branch": 0, "is_global": True} for pi in values]
    assert load_file(finished.layout.weights(KNOB))["mean"].shape == (3, 2)
    assert [record["pi"] for record in read_jsonl(finished.layout.training_log(KNOB))] == values


def test_the_players_of_the_objective_are_kept_with_the_run_and_loaded(finished):
    weights = load_file(finished.layout.weights(DUEL))
    with fitted(find_job(finished.study, DUEL), finished.layout) as found:
        model, objective = found.load()
    kept = copy_weights(model, objective)
    assert any(name.startswith("objective.discriminator.") for name in weights)
    assert kept.keys() == weights.keys()
    assert all(torch.equal(kept[name], weights[name]) for name in weights)
    assert not objective.discriminator.training


def test_a_stage_that_starts_from_a_run_with_players_takes_the_model_alone(finished):
    duel = finished.values["experiments"]["duel"]
    steps = {**finished.values["solvers"]["duel"], "learning_rate": 1e-12}
    again = {"objectives": ["js-again"], "solver": "still", "start_from": "js-adversarial"}
    finished.values = {
        **finished.values,
        "objectives": {"js-again": {"kind": "js-adversarial"}},
        "solvers": {**finished.values["solvers"], "still": steps},
        "experiments": {"duel": {**duel, "stages": {**duel["stages"], "again": again}}},
    }
    finished.save()
    finished.run("train", run=(key := "plane/plane-generator/js-again/seed1"))
    start, end = (load_file(finished.layout.weights(one)) for one in (DUEL, key))
    close = {name: torch.allclose(tensor, end[name]) for name, tensor in start.items()}
    assert all(same for name, same in close.items() if not name.startswith("objective."))
    assert not all(same for name, same in close.items() if name.startswith("objective."))


ENERGY = "regression/ebm/nce/seed1"


@pytest.fixture
def energy(fresh):
    """A study of an energy-based model and its proposal, which is made for the model."""
    world = fresh(
        tasks={"regression": {"train": 60, "dev": 5, "test": 5}},
        models={"ebm": {"width": 4}},
        objectives={"nce": {"samples": 3, "components": 2, "proposal": {"width": 3}}},
        solvers={"steps": {**STUDY["solvers"]["duel"], "batch_size": 20, "steps": 6, "save_every": 2}},
        decoders={},
        substitutes={},
        experiments={
            "energy": {
                "task": "regression",
                "model": "ebm",
                "stages": {"only": {"objectives": ["nce"], "solver": "steps"}},
            }
        },
    )
    world.run("prepare", task="regression", sources=world.folder)
    return world


def test_a_player_made_for_the_model_is_kept_and_loaded(energy):
    energy.run("train", run=ENERGY)
    weights = load_file(energy.layout.weights(ENERGY))
    with fitted(find_job(energy.study, ENERGY), energy.layout) as found:
        model, objective = found.load()
    assert objective.proposal.means[0][0].weight.shape == (3, 4)
    assert copy_weights(model, objective).keys() == weights.keys()
    assert torch.equal(objective.proposal.means[-1].bias, weights["objective.proposal.means.1.bias"])


def test_a_killed_training_of_two_players_ends_with_the_same_bytes(energy, monkeypatch):
    energy.run("train", run=ENERGY)
    whole = energy.layout.weights(ENERGY).read_bytes()
    energy.layout.weights(ENERGY).unlink()
    data_class = find_job(energy.study, ENERGY).task.cls.Data
    real, left = data_class.batch, [3]

    def dying(self, key):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(self, key)

    monkeypatch.setattr(data_class, "batch", dying)
    with pytest.raises(KeyboardInterrupt):
        energy.run("train", run=ENERGY)
    monkeypatch.setattr(data_class, "batch", real)
    assert "resumed at step 2 of 6" in energy.run("train", run=ENERGY)
    assert energy.layout.weights(ENERGY).read_bytes() == whole


def test_a_killed_training_continues(finished, monkeypatch):
    """Its state is found by the settings of the run and the code, by the command line alone."""
    values = finished.values["solvers"]["steps"]
    finished.values = {
        **finished.values,
        "solvers": {**finished.values["solvers"], "steps": {**values, "steps": 6, "save_every": 2}},
    }
    finished.save()
    finished.run("train", run=MLE)
    whole = finished.layout.weights(MLE).read_bytes()
    finished.layout.weights(MLE).unlink()
    job = find_job(finished.study, MLE)
    data_class, real = job.task.cls.Data, job.task.cls.Data.batch
    left = [3]

    def dying(self, key):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(self, key)

    monkeypatch.setattr(data_class, "batch", dying)
    with pytest.raises(KeyboardInterrupt):
        finished.run("train", run=MLE)
    monkeypatch.setattr(data_class, "batch", real)
    assert not finished.layout.weights(MLE).exists()
    assert "resumed at step 2 of 6" in finished.run("train", run=MLE)
    assert finished.layout.weights(MLE).read_bytes() == whole


def test_what_is_missing_is_one_line_and_leaves_no_result(fresh):
    world = fresh()
    assert world.refused("train", run="g/transformer/mel/seed1").startswith(
        "preset 'tiny' has no run 'g/transformer/mel"
    )
    assert "vocabulary.json: no such vocabulary" in world.refused("train", run=MLE)
    world.run("prepare", task="g", sources=world.folder)
    assert f"{MLE}/model.safetensors: no such checkpoint" in world.refused("train", run=CONVEX)
    world.layout.weights(MLE).parent.mkdir(parents=True, exist_ok=True)
    world.layout.weights(MLE).write_bytes(b"half a fi")
    assert "not a safetensors checkpoint" in world.refused("train", run=CONVEX)
    assert files(world, CONVEX) == set()


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        ({"validation": "chrf"}, "solver 'steps': `validation: chrf` has no value for run"),  # of real text only
        ({"validation": "validity"}, "p(y|x) is listed of the test split only, not of dev"),
    ],
)
def test_a_validation_that_has_no_value_is_one_line(finished, solver, message):
    steps = {**finished.values["solvers"]["steps"], **solver}
    finished.values = {**finished.values, "solvers": {**finished.values["solvers"], "steps": steps}}
    finished.save()
    before = finished.layout.weights(MLE).read_bytes()
    assert finished.refused("train", run=MLE).startswith(message)
    assert finished.layout.weights(MLE).read_bytes() == before


@pytest.mark.parametrize(("metric", "sign"), [("bleu", 1), ("nll", -1), ("entropy", 1)])
def test_higher_is_better_in_validation(finished, metric, sign):
    steps = {**finished.values["solvers"]["steps"], "validation": metric}
    finished.values = {**finished.values, "solvers": {**finished.values["solvers"], "steps": steps}}
    finished.save()
    finished.run("train", run=MLE)
    (value,) = json.loads(finished.layout.summary(MLE).read_text())["validations"]
    assert value * sign >= 0
    assert value != 0 or metric == "bleu"


def test_data_too_small_for_a_batch_are_one_line(finished):
    steps = {**finished.values["solvers"]["duel"], "batch_size": 301}
    finished.values = {**finished.values, "solvers": {**finished.values["solvers"], "duel": steps}}
    finished.save()
    message = finished.refused("train", run=DUEL)
    assert message == "no batch of 301 can be made of the training data: lower `batch_size`"
