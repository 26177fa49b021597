"""The bound as an objective: the weight of its KL, free bits, weighted draws; what becomes of a z that is not used."""

import math

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from beyond_mle.formulas.gaussian_latent import DiagonalGaussian
from beyond_mle.models.vae import VAE
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.elbo import ELBO
from beyond_mle.objectives.mle import MLE
from beyond_mle.types import Density, Points, VectorSpec
from beyond_mle.yardsticks.latent import active_units, mutual_information

SPEC = VectorSpec(2)
POINTS = Points(torch.randn(64, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64))


def make_model(latent: int = 2) -> VAE:
    torch.manual_seed(0)
    return VAE(VAE.Options(latent=latent, width=16), SPEC)


def elbo(**options) -> ELBO:
    return ELBO(ELBO.Options(**options), SPEC)


@pytest.fixture
def model() -> VAE:
    return make_model()


def gradient(objective, model: VAE, batch: Points = POINTS, step: int = 0) -> tuple[float, Tensor]:
    """The reported loss, and the gradient that is followed; with the same draws each time."""
    torch.manual_seed(5)
    loss = objective.losses(model, batch, step)["model"]
    parts = torch.autograd.grad(loss.total / loss.count, list(model.parameters()), materialize_grads=True)
    return loss.metrics["loss"].item(), torch.cat([part.flatten() for part in parts])


def test_by_default_it_is_maximum_likelihood_of_the_bound(model: VAE) -> None:
    ours, theirs = (gradient(objective, model) for objective in (elbo(), MLE(MLE.Options(), SPEC)))
    assert ours[0] == theirs[0]
    assert torch.equal(ours[1], theirs[1])


def as_the_notes_print_it(model: VAE, batch: Points) -> Tensor:
    """4.c, step 5, with x for what is printed as z: Σ −log N(x; μ(z), Σ(z)) + ‖μ‖² + tr Σ − log|Σ|, without the ½."""
    q = model.posterior(batch)
    z_RBK = q.draw(torch.randn((1, *q.mean_BK.shape), dtype=torch.float64))
    likelihood_B = model.log_prob_given(batch, z_RBK).total_B.mean(0)
    variance_BK = (2 * q.log_sd_BK).exp()
    return (-likelihood_B + (q.mean_BK.square() + variance_BK - variance_BK.log()).sum(1)).sum()


def test_the_loss_as_the_notes_print_it_has_beta_two(model: VAE) -> None:
    """Up to the constant K of each item, which they leave out too."""
    torch.manual_seed(5)
    printed = as_the_notes_print_it(model, POINTS)
    parts = torch.autograd.grad(printed / len(POINTS), list(model.parameters()))
    loss, beta_two = gradient(elbo(beta=2), model)
    torch.testing.assert_close(torch.cat([part.flatten() for part in parts]), beta_two)
    assert (printed / len(POINTS)).item() - model.latent == pytest.approx(loss)
    _, beta_one = gradient(elbo(), model)
    assert (beta_two - beta_one).norm() > 0.1 * beta_one.norm()  # it is not the bound


@pytest.mark.parametrize(
    ("options", "step", "weight"),
    [
        ({}, 0, 1.0),
        ({"anneal_steps": 10}, 0, 0.0),
        ({"anneal_steps": 10}, 4, 0.4),
        ({"anneal_steps": 10, "beta": 3}, 5, 1.5),
        ({"anneal_steps": 10, "beta": 3}, 10, 3.0),
        ({"anneal_steps": 10}, 999, 1.0),
    ],
)
def test_the_weight_rises_to_beta(model: VAE, options: dict, step: int, weight: float) -> None:
    objective = elbo(**options)
    torch.manual_seed(5)
    metrics = objective.losses(model, POINTS, step)["model"].metrics
    assert metrics["beta"].item() == pytest.approx(weight)
    constant = gradient(elbo(beta=weight), model)
    assert metrics["loss"].item() == pytest.approx(constant[0])


def test_free_bits_cost_the_same_and_have_no_gradient(model: VAE) -> None:
    kl_K = model.posterior(POINTS).kl_BK.mean(0)
    everything, nothing = kl_K.max().item() + 0.1, kl_K.min().item() / 2
    assert torch.equal(gradient(elbo(free_bits=nothing), model)[1], gradient(elbo(), model)[1])
    loss, free = gradient(elbo(free_bits=everything), model)
    without, unpaid = gradient(elbo(beta=0), model)
    torch.testing.assert_close(free, unpaid)
    assert loss == pytest.approx(without + 2 * everything)
    between = kl_K.mean().item()  # one coordinate pays, the other does not
    loss, _ = gradient(elbo(free_bits=between), model)
    assert loss == pytest.approx(without + between + kl_K.max().item())


def test_free_bits_of_all_of_p_are_weighed_by_p(model: VAE) -> None:
    """Where p is at one point, only its KL counts."""
    log_p_B = torch.full((64,), -math.inf, dtype=torch.float64)
    log_p_B[3] = 0.0
    whole = Points(POINTS.point_BD, Density(log_p_B, torch.zeros(64, dtype=torch.float64)))
    kl_K = model.posterior(POINTS).kl_BK[3]
    between = kl_K.mean().item()
    loss, _ = gradient(elbo(free_bits=between), model, whole)
    without, _ = gradient(elbo(beta=0), model, whole)
    assert loss == pytest.approx(without + between + kl_K.max().item())


def test_weighted_draws_give_a_tighter_bound(model: VAE) -> None:
    many = Points(POINTS.point_BD.repeat(200, 1))
    losses = [gradient(elbo(samples=r, importance_weighted=True), model, many)[0] for r in (1, 4, 32)]
    exact = -model.marginal_log_prob(POINTS).total_B.mean().item()
    assert losses[0] > losses[1] > losses[2] > exact - 0.01
    plain = gradient(elbo(samples=32), model, many)[0]
    assert plain == pytest.approx(losses[0], abs=0.05)  # more draws alone do not tighten it


def test_weighted_draws_know_no_weight_of_the_kl() -> None:
    for options in ({"beta": 2}, {"free_bits": 0.1}, {"anneal_steps": 5}):
        with pytest.raises(ValidationError, match="importance_weighted has no KL to weigh"):
            ELBO.Options(importance_weighted=True, **options)


def test_the_convex_objective_weighs_the_bound(model: VAE) -> None:
    """Its gradient is that of the bound, item by item, times k e^{k g}."""
    objective = ConvexExp(ConvexExp.Options(order=0.5), SPEC)
    loss, followed = gradient(objective, model)
    torch.manual_seed(5)
    total_B = model.log_prob(POINTS).total_B
    weight_B = 0.5 * (0.5 * total_B.detach()).exp()
    parts = torch.autograd.grad(-(weight_B * total_B).mean(), list(model.parameters()))
    torch.testing.assert_close(followed, torch.cat([part.flatten() for part in parts]))
    assert loss == pytest.approx(-(0.5 * total_B).exp().mean().item())


def trained(model: VAE, objective: ELBO, fixed: list[Tensor], steps: int = 300) -> DiagonalGaussian:
    """What the encoder says after training, in which some parameters do not move."""
    for parameter in fixed:
        parameter.requires_grad_(False)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(learning, lr=0.02)
    torch.manual_seed(2)
    for step in range(steps):
        optimiser.zero_grad()
        objective.losses(model, POINTS, step)["model"].total.backward()
        optimiser.step()
    with torch.no_grad():
        return model.posterior(POINTS)


def measures(q: DiagonalGaussian) -> tuple[float, float, int]:
    """The mean KL, the mutual information, the coordinates in use."""
    weight_B = torch.full((64,), 1 / 64, dtype=torch.float64)
    information = mutual_information(q, weight_B, 64, 20, torch.Generator().manual_seed(1))
    return q.kl_BK.sum(1).mean().item(), information, active_units(q.mean_BK, weight_B)


def test_a_decoder_that_ignores_z_is_told_by_three_measures(model: VAE) -> None:
    first = model.decoder[0]
    with torch.no_grad():
        first.weight.zero_()
    kl, information, active = measures(trained(model, elbo(), [first.weight]))
    assert kl < 0.01
    assert information < 0.01
    assert active == 0


def test_a_z_that_is_used_is_told_too_and_free_bits_keep_it(model: VAE) -> None:
    scaled = Points(4 * POINTS.point_BD)
    torch.manual_seed(2)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(300):
        optimiser.zero_grad()
        elbo(free_bits=0.7, samples=4).losses(model, scaled)["model"].total.backward()
        optimiser.step()
    with torch.no_grad():
        kl, information, active = measures(model.posterior(scaled))
    assert kl > 1.0
    assert 0.3 < information < kl + 0.1  # KL(q(z) ‖ prior) is what lies between them
    assert active == 2
