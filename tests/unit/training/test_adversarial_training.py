"""Duels trained side by side: reproducible, independent, and where an optimum is known, near it."""

import math

import numpy as np
import pytest
import torch

from beyond_mle.adversarial import DuelOptions
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.plane_adversarial import PlaneAdversarial
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.adversarial import Duel, train


def duel(pi: float, scale: float = 1.0) -> Duel:
    torch.manual_seed(0)
    model = IsotropicGaussian(IsotropicGaussian.Options(scale=scale))
    return Duel(model, PlaneAdversarial(PlaneAdversarial.Options(pi=pi)))


def data(**options) -> torch.Tensor:
    task = Plane(Plane.Options(mixture_seed=None, **options))
    return torch.from_numpy(task.sample(5000, np.random.default_rng(0)))


@pytest.mark.parametrize("pi", [0.1, 0.9])
def test_a_model_that_can_be_p_becomes_p(pi):
    p = data(mean=(1.0, -0.5), covariance=((0.49, 0.0), (0.0, 0.49)))
    (model,) = train([duel(pi)], p, DuelOptions(steps=400), torch.Generator().manual_seed(0))
    assert model.mean.tolist() == pytest.approx([1.0, -0.5], abs=0.15)
    assert model.log_scale.exp().item() == pytest.approx(0.7, abs=0.15)


def test_the_start_stays_as_it_is_and_a_diverged_duel_leaves_the_others_alone():
    options, p = DuelOptions(steps=5), data()
    healthy = [duel(0.2), duel(0.8)]
    before = healthy[0].model.mean.clone()
    alone, _ = train(healthy, p, options, torch.Generator().manual_seed(3))
    broken = duel(0.8)
    with torch.no_grad():
        broken.model.log_scale.fill_(math.nan)
    beside, lost = train([healthy[0], broken], p, options, torch.Generator().manual_seed(3))
    assert torch.equal(healthy[0].model.mean, before)
    assert torch.equal(alone.mean, beside.mean)
    assert not torch.equal(alone.mean, before)
    assert lost.mean.isnan().any()
