"""Training of a model with a hidden variable: what is drawn for it survives an interruption, and it comes near p."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from problems import plane, problem

from beyond_mle.solvers.minibatch import Minibatch
from beyond_mle.solvers.solver import Fitted, Problem

SIZES = {"latent": 1, "width": 8}


class Killed(Exception):
    pass


class Dying:
    """Data that give so many batches, and no more."""

    def __init__(self, data: Any, batches: int):
        self.data, self.left = data, batches
        self.spec = data.spec

    def epoch(self, *arguments: int) -> list[Any]:
        return self.data.epoch(*arguments)

    def batch(self, key: Any) -> Any:
        if not self.left:
            raise Killed
        self.left -= 1
        return self.data.batch(key)


def fit(run: Problem, steps: int) -> Fitted:
    options = Minibatch.Options(
        steps=steps, batch_size=20, learning_rate=0.01, validation=None, save_every=4, log_every=3
    )
    return Minibatch(options).fit(run)


@pytest.fixture(params=["mle", "elbo"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Problem:
    options = {"samples": 3, "anneal_steps": 8} if request.param == "elbo" else {}
    return problem(plane(train=100), "vae", request.param, tmp_path, SIZES, **options)


def test_an_interrupted_training_ends_bit_identical(run: Problem, tmp_path: Path) -> None:
    started = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    results = []
    for place, deaths in (("whole", ()), ("killed", (6, 5))):
        (tmp_path / place).mkdir()
        for batches in (*deaths, 1000):
            run.model.load_state_dict(started)
            torch.manual_seed(len(results) * 100 + batches)  # what came before leaves no trace
            here = replace(run, folder=tmp_path / place, data=Dying(run.data, batches))
            if batches == 1000:
                results.append(fit(here, 16).members[0].weights)
            else:
                with pytest.raises(Killed):
                    fit(here, 16)
    whole, killed = results
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
    logs = [(tmp_path / place / "training.jsonl").read_bytes() for place in ("whole", "killed")]
    assert logs[0] == logs[1]


def test_it_comes_near_a_gaussian_that_it_can_be(tmp_path: Path) -> None:
    """The optimum over the model is p itself, by a linear decoder with its posterior."""
    data = plane(covariance=((2.0, 0.9), (0.9, 1.0)), train=2000, grid_step=0.4)
    run = problem(data, "vae", "mle", tmp_path, SIZES)
    options = Minibatch.Options(
        steps=500, batch_size=100, learning_rate=0.02, schedule="linear", validation=None, log_every=500
    )
    Minibatch(options).fit(run)
    whole = data.whole()
    with torch.no_grad():
        log_q_B = run.model.eval().marginal_log_prob(whole).total_B
    kl = (whole.density.weight_B @ (whole.density.log_p_B - log_q_B)).item()
    assert 0 < kl < 0.05
