"""Energy-based models of regression: the network that is meant, and its integral."""

import math

import pytest
import torch
from torch import nn

from beyond_mle.models.ebm import EBM
from beyond_mle.models.ebm_quadrature import EBMQuadrature
from beyond_mle.models.quadrature import densities
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.mle import MLE
from beyond_mle.types import Regression, RegressionSpec

SPEC = RegressionSpec(inputs=2, low=-8.0, high=8.0)


class Parabola(nn.Module):
    """f(x, y) = c − (y − x)² / 2: N(x, 1), but for the constant."""

    feature_width = 1

    def __init__(self, constant: float = 3.0):
        super().__init__()
        self.constant = nn.Parameter(torch.tensor(constant))

    def features(self, input_BX):
        return input_BX[:, :1]

    def energy(self, feature_BD, target_BM):
        return self.constant - (target_BM - feature_BD).square() / 2


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return Regression(torch.randn(6, 2, generator=generator), torch.randn(6, generator=generator))


@pytest.fixture
def model():
    torch.manual_seed(1)
    return EBM(EBM.Options(width=5), SPEC)


def test_the_energy_is_that_of_a_network_of_both_features_side_by_side(model, batch):
    """The official one: a linear layer of both, ReLU, a residual layer, and an output."""
    target_BM = torch.randn(6, 3)
    of_x = model.of_input(batch.input_BX)[:, None].expand(-1, 3, -1)
    of_y = model.of_target(target_BM[..., None])
    weight = torch.cat([model.join_input.weight, model.join_target.weight], dim=1)
    hidden = (torch.cat([of_x, of_y], dim=2) @ weight.T + model.join_input.bias).relu()
    hidden = hidden + (hidden @ model.residual[0].weight.T + model.residual[0].bias).relu()
    expected = (hidden @ model.output.weight.T)[..., 0]
    torch.testing.assert_close(model.energy(model.features(batch.input_BX), target_BM), expected)


def test_the_official_network_has_its_parameters():
    """Features 1-10-10, targets 1-10-10, 20-10, 10-10, 10-1; the last without its constant, which Z takes back."""
    own = EBM(EBM.Options(), RegressionSpec(1, -3.0, 3.0))
    assert sum(p.numel() for p in own.parameters()) == 2 * (20 + 110) + 210 + 110 + 10


def test_a_smooth_energy_has_a_second_derivative():
    torch.manual_seed(0)
    own = EBM(EBM.Options(activation="tanh"), SPEC)
    y = torch.zeros(1, 1, requires_grad=True)
    (slope,) = torch.autograd.grad(own.energy(own.features(torch.ones(1, 2)), y).sum(), y, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), y)
    assert curvature.abs().item() > 0


def test_an_energy_is_normalised_on_the_grid(batch):
    log_q_BG, log_q_B, log_z_B = densities(Parabola(), SPEC, batch.input_BX, batch.target_B, 2000)
    normal = torch.distributions.Normal(batch.input_BX[:, 0], 1.0)
    torch.testing.assert_close(log_q_B, normal.log_prob(batch.target_B))
    torch.testing.assert_close(log_z_B, torch.full((6,), 3 + math.log(2 * math.pi) / 2))
    torch.testing.assert_close(log_q_BG.exp().sum(1) * 16 / 2000, torch.ones(6))


def test_the_integrated_model_agrees_with_the_integral_of_the_plain_one(model, batch):
    whole = EBMQuadrature(EBMQuadrature.Options(width=5, points=512), SPEC)
    whole.load_state_dict(model.state_dict())
    _, expected_B, _ = densities(model, SPEC, batch.input_BX, batch.target_B, 512)
    torch.testing.assert_close(whole.log_prob(batch).total_B, expected_B)


@pytest.mark.parametrize("objective", [MLE(MLE.Options(), SPEC), ConvexExp(ConvexExp.Options(order=0.5), SPEC)])
def test_likelihood_objectives_take_the_integrated_model_as_it_is(objective, batch):
    """The gradient of the mean log-probability, by differences."""
    torch.manual_seed(2)
    own = EBMQuadrature(EBMQuadrature.Options(width=4, activation="silu"), SPEC).double()
    loss = objective.losses(own, batch)["model"]
    (gradient,) = torch.autograd.grad(loss.total / loss.count, own.output.weight)
    values = []
    for step in (1e-6, -1e-6):
        with torch.no_grad():
            own.output.weight[0, 0] += step
            values.append(objective.losses(own, batch)["model"].metrics["loss"])
            own.output.weight[0, 0] -= step
    torch.testing.assert_close((values[0] - values[1]) / 2e-6, gradient[0, 0], rtol=1e-4, atol=1e-8)
