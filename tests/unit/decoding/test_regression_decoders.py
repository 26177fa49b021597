"""Predictions of energy-based models whose mean, mode and distribution are known."""

import math
from itertools import pairwise

import pytest
import torch
from scipy.stats import kstest
from torch import nn

from beyond_mle.decoding.refinement import Refinement
from beyond_mle.decoding.sir import SIR
from beyond_mle.decoding.snis_mean import SNISMean
from beyond_mle.errors import UserError
from beyond_mle.types import RegressionSpec

SPEC = RegressionSpec(inputs=1, low=-10.0, high=10.0)
X = torch.tensor([[-2.0], [0.5], [3.0]])


class Gaussian(nn.Module):
    """f of N(x, 0.3²), but for a constant."""

    feature_width = 1

    def __init__(self):
        super().__init__()
        self.constant = nn.Parameter(torch.tensor(7.0))

    def features(self, input_BX):
        return input_BX

    def energy(self, feature_BD, target_BM):
        return self.constant - (target_BM - feature_BD).square() / (2 * 0.3**2)


class TwoModes(Gaussian):
    """Modes at x − 4 and x + 4, the latter higher."""

    def energy(self, feature_BD, target_BM):
        low, high = (-(target_BM - feature_BD - mode).square() / 0.5 for mode in (-4, 4))
        return torch.logaddexp(low, high + 1)


class Wide:
    """A proposal: N(x + 0.5, 1)."""

    def conditional_log_prob(self, input_BX, target_BM):
        return torch.distributions.Normal(input_BX + 0.5, 1.0).log_prob(target_BM)

    def conditional_sample(self, input_BX, n, generator=None):
        return input_BX + 0.5 + torch.randn((len(input_BX), n), generator=generator)


class Narrow(Wide):
    """A proposal that never comes near: its density underflows where the energy is high."""

    def conditional_log_prob(self, input_BX, target_BM):
        return torch.distributions.Normal(input_BX + 6, 1e-3).log_prob(target_BM)

    def conditional_sample(self, input_BX, n, generator=None):
        return input_BX + 6 + 1e-3 * torch.randn((len(input_BX), n), generator=generator)


class Objective:
    def __init__(self, proposal):
        self.proposal = proposal


def decoded(decoder, model=None, proposal=None, seed=0):
    if proposal is not None:
        decoder.use(Objective(proposal))
    return decoder.decode(model or Gaussian(), X, SPEC, torch.Generator().manual_seed(seed))


def test_refinement_finds_the_mode():
    mode = decoded(Refinement(Refinement.Options(starts=16, steps=60)))
    torch.testing.assert_close(mode, X, rtol=0, atol=1e-3)


def test_refinement_finds_the_higher_of_two_modes():
    mode = decoded(Refinement(Refinement.Options(starts=16, steps=60)), TwoModes())
    torch.testing.assert_close(mode, X + 4, rtol=0, atol=1e-2)


@pytest.mark.parametrize("step_size", [0.01, 0.1, 100.0])
def test_no_step_of_refinement_lowers_the_energy(step_size):
    energies = []
    for steps in range(6):
        options = Refinement.Options(starts=7, steps=steps, step_size=step_size)
        energies.append(Gaussian().energy(X, decoded(Refinement(options))))
    assert all((later >= earlier).all() for earlier, later in pairwise(energies))


def test_the_step_is_halved_where_it_would_lower_the_energy():
    """Of a parabola, from 0 towards 0.5: 1, ½ and ¼ of the slope go too far, ⅛ does not."""
    moved = [
        decoded(Refinement(Refinement.Options(starts=1, steps=steps, step_size=1.0)))[1].item() for steps in range(6)
    ]
    slope = 0.5 / 0.09
    after = slope / 8 * (1 - 1 / 8 / 0.09) + slope / 8
    assert moved == pytest.approx([0, 0, 0, 0, slope / 8, after], rel=1e-5)


def test_the_weighted_mean_tends_to_the_mean():
    few, many = (decoded(SNISMean(SNISMean.Options(draws=draws)), proposal=Wide()) for draws in (1, 100_000))
    torch.testing.assert_close(many, X, rtol=0, atol=0.01)
    assert ((few - X).abs() > 0.05).any()  # with one draw it is a draw from the proposal


def test_resampled_draws_have_the_model_s_distribution():
    sample_BN = decoded(SIR(SIR.Options(draws=20_000, samples=2000)), proposal=Wide())
    assert sample_BN.shape == (3, 2000)
    for x, sample_N in zip(X[:, 0].tolist(), sample_BN, strict=True):
        assert kstest((sample_N.numpy() - x) / 0.3, "norm").statistic < 0.04
    one = decoded(SIR(SIR.Options(draws=1, samples=4)), proposal=Wide())
    assert (one == one[:, :1]).all()


@pytest.mark.parametrize("decoder", [SNISMean(SNISMean.Options(draws=50)), SIR(SIR.Options(draws=50, samples=5))])
def test_a_proposal_far_from_the_model_gives_finite_predictions(decoder):
    outputs = decoded(decoder, proposal=Narrow())
    assert outputs.isfinite().all()
    assert ((outputs - X - 6).abs() < 0.01).all()
    assert math.isfinite(outputs.sum().item())


@pytest.mark.parametrize("kind", [SNISMean, SIR])
def test_noise_around_true_targets_is_no_proposal_for_predictions(kind):
    with pytest.raises(UserError, match="no learned proposal: the objective draws around the true targets"):
        kind(kind.Options()).use(Objective(None))
