"""The training loop with a second player: warm-up, turns, an interruption that leaves no trace, and a known optimum."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from problems import plane, problem

from beyond_mle.files import read_jsonl
from beyond_mle.formulas import divergence
from beyond_mle.models.transformer import Transformer
from beyond_mle.objectives.js_adversarial import JSAdversarial
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.solvers.minibatch import Minibatch
from beyond_mle.solvers.minibatch_options import MinibatchOptions
from beyond_mle.solvers.minima import Minima, MinimaOptions
from beyond_mle.solvers.solver import Fitted, Problem
from beyond_mle.symbols import EOS
from beyond_mle.types import TextBatch, TextSpec

SPEC = TextSpec(8)
SIZES = dict(width=8, heads=2, feedforward=16, max_positions=24)
OPTIONS = MinibatchOptions(
    steps=12, batch_size=4, learning_rate=0.01, opponent_rate=2.0, dropout=0.2, log_every=3, save_every=4
)


class Killed(Exception):
    pass


class Data:
    """Twelve pairs; the data can give out after so many batches."""

    def __init__(self, left: float = float("inf")):
        generator = torch.Generator().manual_seed(3)
        words = torch.randint(4, SPEC.vocabulary_size, (12, 3), generator=generator)
        self.source = torch.cat([words, torch.full((12, 1), EOS)], dim=1)
        self.target = words.flip(1)
        self.left = left

    def epoch(self, number, seed, budget):
        return list(torch.randperm(12, generator=torch.Generator().manual_seed(number)).split(budget))

    def batch(self, key):
        self.left -= 1
        if self.left < 0:
            raise Killed
        return TextBatch(self.source[key], self.target[key])


def text(folder: Path, warmup: int = 3, **options) -> Problem:
    torch.manual_seed(11)
    model = Transformer(Transformer.Options(**SIZES, encoder_layers=1, decoder_layers=1), SPEC)
    settings = {"warmup": warmup, "samples": 2, "discriminator": {**SIZES, "layers": 1}, **options}
    objective = JSAdversarial(JSAdversarial.Options(**settings), SPEC)
    folder.mkdir(exist_ok=True)
    return Problem(model, objective, Data(), 5, torch.device("cpu"), folder, "k", lambda trained: 0.0)


def fit(run: Problem) -> Fitted:
    return Minibatch(OPTIONS).fit(run)


def weights_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(before: dict[str, torch.Tensor], module: torch.nn.Module) -> bool:
    return any(not torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_an_interrupted_training_ends_bit_identical(tmp_path: Path) -> None:
    whole = text(tmp_path / "whole")
    expected = fit(whole).members[0].weights
    for batches in (5, 5):  # dies twice: between saved states, then again after resuming
        with pytest.raises(Killed):
            fit(replace(text(tmp_path / "killed"), data=Data(batches)))
    resumed = text(tmp_path / "killed")
    found = fit(resumed).members[0].weights
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    for player in ("model", "objective"):
        assert not moved(weights_of(getattr(whole, player)), getattr(resumed, player))
    logs = [(tmp_path / which / "training.jsonl").read_bytes() for which in ("whole", "killed")]
    assert logs[0] == logs[1]


@pytest.mark.parametrize(
    ("options", "model_moves"),
    [
        ({"warmup": OPTIONS.steps}, False),
        ({"warmup": 0}, True),
        ({"warmup": 0, "discriminator_steps": OPTIONS.steps}, False),
        ({"warmup": 0, "discriminator_steps": OPTIONS.steps - 1}, True),  # at the very last step
        ({"warmup": 1, "discriminator_steps": OPTIONS.steps - 1}, False),
    ],
    ids=str,
)
def test_the_model_waits_for_its_turn(tmp_path: Path, options: dict, model_moves: bool) -> None:
    run = text(tmp_path, **options)
    before, opponent = weights_of(run.model), weights_of(run.objective)
    fit(run)
    assert moved(before, run.model) is model_moves
    assert moved(opponent, run.objective)


def test_a_run_ends_with_the_weights_of_both_players_each_averaged_over_the_same_validations(tmp_path: Path) -> None:
    run, seen = text(tmp_path, warmup=0), []

    def validate(model: torch.nn.Module) -> float:
        assert not model.training
        assert not run.objective.discriminator.training
        seen.append(copy_weights(model, run.objective))
        return 0.0

    fitted = Minibatch(OPTIONS.model_copy(update={"validate_every": 4, "average": 2})).fit(
        replace(run, validate=validate)
    )
    assert len(seen) == 3
    assert not all(torch.equal(seen[1][name], seen[2][name]) for name in seen[1] if name.startswith("objective."))
    (member,) = fitted.members
    assert member.weights.keys() == seen[0].keys()
    for name, tensor in member.weights.items():
        torch.testing.assert_close(tensor, (seen[1][name] + seen[2][name]) / 2)
    assert run.objective.discriminator.training


def test_the_figures_of_both_players_are_logged(tmp_path: Path) -> None:
    fit(text(tmp_path, warmup=0))
    record = read_jsonl(tmp_path / "training.jsonl")[0]
    assert {"loss", "reward", "discriminator_loss", "discriminator_accuracy", "cut", "gradient_norm"} <= set(record)


def test_the_opponent_has_its_own_rate(tmp_path: Path) -> None:
    """Adam's first step is the learning rate along every coordinate that has a gradient."""
    run = text(tmp_path, warmup=OPTIONS.steps)
    before = weights_of(run.objective.discriminator)
    Minibatch(OPTIONS.model_copy(update={"steps": 1})).fit(run)
    steps = [(before[name] - tensor).abs().max() for name, tensor in run.objective.discriminator.state_dict().items()]
    assert max(steps).item() == pytest.approx(2.0 * 0.01, rel=1e-3)


# In the plane the exact optimum is known.

DUEL = MinibatchOptions(
    steps=900, batch_size=128, learning_rate=0.02, opponent_rate=0.5, schedule="linear", betas=(0.5, 0.99)
)
TURNS = {"discriminator_steps": 2, "discriminator": {"width": 16}}


def js_of(run: Problem, pi: float) -> float:
    whole = run.data.whole()
    with torch.no_grad():
        log_q = run.model.log_prob(whole).total_B
    return divergence.js(whole.density.log_p_B, log_q, whole.density.log_weight_B, pi).item()


@pytest.mark.parametrize("pi", [0.1, 0.9])
def test_a_model_that_can_be_p_becomes_p(tmp_path: Path, pi: float) -> None:
    data = plane(mean=(1.0, -0.5), covariance=((0.49, 0.0), (0.0, 0.49)), train=5000)
    run = problem(data, "isotropic-gaussian", "js-adversarial", tmp_path, pi=pi, **TURNS)
    before = js_of(run, pi)
    Minibatch(DUEL).fit(run)
    assert js_of(run, pi) < 0.1 * before
    figures = run.model.figures()
    assert [figures[name] for name in ("mean-x", "mean-y", "sigma")] == pytest.approx([1.0, -0.5, 0.7], abs=0.15)


def test_a_duel_comes_near_to_the_exact_optimum_which_the_knob_moves(tmp_path: Path) -> None:
    """A round Gaussian on a stretched one: the optimum covers it for a small π and seeks its core for a large one."""
    data = plane(covariance=((4.0, 0.0), (0.0, 0.25)), train=5000)
    widths, kls = {}, {}
    for pi in (0.05, 0.95):
        exact = problem(data, "isotropic-gaussian", "js", tmp_path, pi=pi)
        Minima(MinimaOptions(starts="model")).fit(exact)
        run = problem(data, "isotropic-gaussian", "js-adversarial", tmp_path, pi=pi, **TURNS)
        start = js_of(run, pi)
        Minibatch(DUEL).fit(run)
        best, reached = js_of(exact, pi), js_of(run, pi)
        assert best <= reached < best + 0.3 * (start - best), pi
        widths[pi] = run.model.figures()["sigma"]
        assert widths[pi] == pytest.approx(exact.model.figures()["sigma"], rel=0.15)
        kls[pi] = js_of(run, 1e-4) / 1e-4  # next to KL[P‖Q]
    assert widths[0.05] > widths[0.95] + 0.3
    assert kls[0.05] < kls[0.95]
    assert np.isfinite(list(kls.values())).all()
