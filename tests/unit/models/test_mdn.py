"""Mixture density networks, against torch's mixtures."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from beyond_mle.models.mdn import LEAST_LOG_SD, MDN
from beyond_mle.objectives.mle import MLE
from beyond_mle.types import Regression, RegressionSpec

SPEC = RegressionSpec(inputs=2, low=-3.0, high=5.0)


def make(**options) -> MDN:
    torch.manual_seed(0)
    return MDN(MDN.Options(**options), SPEC)


def as_torchs(model: MDN, input_BX: torch.Tensor) -> MixtureSameFamily:
    log_weight_BK, mean_BK, log_sd_BK = model._mixture(input_BX)
    return MixtureSameFamily(Categorical(logits=log_weight_BK), Normal(mean_BK, log_sd_BK.exp()))


@pytest.mark.parametrize("components", [1, 4])
def test_its_density_and_its_samples_are_those_of_torchs_mixture(components):
    model, input_BX = make(components=components), torch.randn(3, 2)
    target_BM = torch.randn(3, 5)
    reference = as_torchs(model, input_BX)
    torch.testing.assert_close(model.conditional_log_prob(input_BX, target_BM), reference.log_prob(target_BM.T).T)
    sample_Bn = model.conditional_sample(input_BX, 40_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(sample_Bn.mean(1), reference.mean, rtol=0, atol=0.05)
    torch.testing.assert_close(sample_Bn.std(1), reference.stddev, rtol=0.02, atol=0)


def test_with_one_component_it_is_gaussian_regression():
    model = make(components=1)
    batch = Regression(torch.randn(4, 2), torch.randn(4))
    _, mean_BK, log_sd_BK = model._mixture(batch.input_BX)
    expected = Normal(mean_BK[:, 0], log_sd_BK[:, 0].exp()).log_prob(batch.target_B)
    torch.testing.assert_close(model.log_prob(batch).total_B, expected)


@pytest.mark.parametrize("components", [1, 4, 16])
def test_at_first_it_covers_the_interval_of_targets(components):
    model = make(components=components)
    sample = model.conditional_sample(torch.randn(200, 2), 50)
    inside = ((sample > SPEC.low - 2) & (sample < SPEC.high + 2)).float().mean()
    assert inside > 0.8
    assert sample.std() > (SPEC.high - SPEC.low) / 5


def test_without_layers_of_its_own_it_takes_features_as_they_are():
    model = make(layers=0)
    assert list(model.features.children()) == []
    assert model.conditional_log_prob(torch.randn(2, 2), torch.zeros(2, 1)).isfinite().all()


def test_a_target_far_away_has_a_finite_log_probability():
    """Where the density itself underflows to 0."""
    model = make()
    log_q = model.conditional_log_prob(torch.zeros(1, 2), torch.tensor([[1e4]]))
    assert log_q.exp().item() == 0
    assert math.isfinite(log_q.item())


def test_equal_targets_do_not_give_an_infinite_likelihood():
    model = make(components=2, width=4)
    batch = Regression(torch.zeros(8, 2), torch.ones(8))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.2)
    for _ in range(150):
        optimiser.zero_grad()
        loss = MLE(MLE.Options(), SPEC).losses(model, batch)["model"]
        (loss.total / loss.count).backward()
        optimiser.step()
    log_q = model.log_prob(batch).total_B
    assert log_q.isfinite().all()
    assert (log_q <= -LEAST_LOG_SD).all()
    assert all(parameter.isfinite().all() for parameter in model.parameters())
