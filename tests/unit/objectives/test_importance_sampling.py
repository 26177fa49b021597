"""Objectives that draw from a proposal: what their gradients tend to as M grows, and what their optima are.

The EBM is N(0, 1), the proposal N(1, 1.5²): its KL is log s + (1 + μ²)/(2 s²) + constant. On six atoms expectations
over all draws are exact, by enumeration.
"""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from beyond_mle.errors import UserError
from beyond_mle.formulas import importance
from beyond_mle.objectives.importance_sampling import Draws
from beyond_mle.objectives.is_ml import ISML
from beyond_mle.objectives.nce import ranking_loss
from beyond_mle.objectives.nce_plus import NCEPlus
from beyond_mle.objectives.proposal_kl import ProposalKL
from beyond_mle.objectives.targets import TargetNoise
from beyond_mle.options import parse
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Regression, RegressionSpec

SPEC = RegressionSpec(inputs=1, low=-8.0, high=8.0)
LOG_Z = math.log(2 * math.pi) / 2
LEARNING = ["is-ml", "is-convex-exp", "nce", "kld-is"]
"""Objectives that may have a learned proposal."""
DRAWING = [*LEARNING, "nce-plus"]
NOISE = {"noise": [0.5, 2.0]}


def batch_of(targets: Tensor, inputs: Tensor | None = None) -> Regression:
    return Regression(torch.zeros(len(targets), 1) if inputs is None else inputs, targets)


def make(kind, proposal=None, **options):
    """An objective, with a proposal that is given."""
    objective = kind(kind.Options(**options), SPEC)
    objective.proposal = proposal
    return objective


def gradient(loss, module) -> Tensor:
    (found,) = torch.autograd.grad(loss.total / loss.count, [module.numbers], retain_graph=True)
    return found


# Result 1: the gradient of the proposal

EXACT = (1 / 1.5**2, 1 / 1.5 - 2 / 1.5**3)
"""∂KL/∂(μ, s)."""


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (1, (0.0, 0.0)),
        (2, (0.254, 0.133)),
        (4, (0.372, 0.115)),
        (16, (0.431, 0.083)),
        (64, (0.441, 0.077)),
        (1024, EXACT),
    ],
)
def test_the_proposal_follows_the_gradient_of_kl_as_draws_grow_many(samples, expected, gaussian_ebm, normal_proposal):
    """With one draw its mean is 0, with few it is too short; the mean is over two million draws."""
    torch.manual_seed(samples)
    proposal = normal_proposal()
    objective = make(ProposalKL, proposal, samples=samples)
    (loss,) = objective.losses(gaussian_ebm(), batch_of(torch.zeros(2_000_000 // samples))).values()
    assert gradient(loss, proposal).tolist() == pytest.approx(expected, abs=0.004)


def test_its_exact_gradient_is_that_of_kl(normal_proposal):
    proposal = normal_proposal()
    mean, sd = proposal.numbers
    kl = sd.log() + (1 + mean**2) / (2 * sd**2)
    assert torch.autograd.grad(kl, [proposal.numbers])[0].tolist() == pytest.approx(EXACT)


def test_the_value_tends_to_the_normaliser_from_below_and_is_no_divergence(gaussian_ebm, normal_proposal):
    torch.manual_seed(0)
    values = {}
    for samples in (1, 4, 1024):
        objective = make(ProposalKL, normal_proposal(), samples=samples)
        (loss,) = objective.losses(gaussian_ebm(), batch_of(torch.zeros(1_000_000 // samples))).values()
        values[samples] = loss.metrics["log_z"].item()
    assert values[1] == pytest.approx(-(1 + 1.5**2) / 2 + math.log(1.5) + LOG_Z + 0.5, abs=0.005)
    assert values[1] == pytest.approx(0.199, abs=0.005)
    assert values[1] < values[4] < values[1024]
    assert values[1024] == pytest.approx(LOG_Z, abs=0.005)


def test_through_its_own_draws_the_gradient_would_be_another(gaussian_ebm, normal_proposal):
    """With one draw that of E_q[f − log q], of the opposite sign: it is minimised where q leaves p."""
    torch.manual_seed(0)
    proposal = normal_proposal()
    mean, sd = proposal.numbers
    target_BM = mean + sd * torch.randn(1_000_000, 1, dtype=torch.float64)
    log_weight_BM = importance.log_weights(
        gaussian_ebm().energy(torch.zeros(1, 1), target_BM), proposal.conditional_log_prob(target_BM, target_BM)
    )
    (wrong,) = torch.autograd.grad(importance.log_mean(log_weight_BM).mean(), [proposal.numbers])
    assert wrong.tolist() == pytest.approx([-1.0, 1 / 1.5 - 1.5], abs=0.005)


def test_a_proposal_becomes_the_model(gaussian_ebm, normal_proposal):
    torch.manual_seed(0)
    model, proposal = gaussian_ebm(shift=-0.5, precision=4.0), normal_proposal()
    objective = make(ProposalKL, proposal, samples=64)
    optimiser = torch.optim.Adam([proposal.numbers], lr=0.02)
    for _ in range(400):
        (loss,) = objective.losses(model, batch_of(torch.zeros(50))).values()
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
    assert proposal.numbers.tolist() == pytest.approx([-0.5, 0.5], abs=0.03)
    assert loss.metrics["effective_share"] > 0.95
    assert loss.metrics["log_z"].item() == pytest.approx(LOG_Z + math.log(0.5), abs=0.02)


# The gradient of the model


AT = (0.4, -0.3, 1.7, 0.2)
"""Slope, shift, precision and constant of an EBM."""
BATCH = batch_of(torch.linspace(-1, 1, 5), torch.linspace(-2, 2, 5)[:, None])


def log_likelihood(model) -> Tensor:
    """Of the batch under the EBM, in closed form [B]."""
    slope, shift, precision, _ = model.numbers
    mean_B = slope * BATCH.input_BX[:, 0].double() + shift
    return torch.distributions.Normal(mean_B, precision**-0.5).log_prob(BATCH.target_B.double())


@pytest.mark.parametrize("kind", DRAWING)
def test_the_gradient_is_that_of_the_reported_loss(kind, gaussian_ebm):
    """By central differences, with the same draws of noise, which depend on no parameter."""
    objective = make(OBJECTIVES[kind], samples=8, **NOISE)

    def loss_at(*numbers: float):
        torch.manual_seed(3)
        model = gaussian_ebm(*numbers)
        return objective.losses(model, BATCH)["model"], model

    for place, slope in enumerate(gradient(*loss_at(*AT))):
        ends = [[number + sign * 1e-6 * (n == place) for n, number in enumerate(AT)] for sign in (-1, 1)]
        low, high = (loss_at(*end)[0].metrics["loss"] for end in ends)
        torch.testing.assert_close((high - low) / 2e-6, slope, rtol=1e-6, atol=1e-8)


def exact_losses(model, kind: str) -> Tensor:
    """What the objective tends to as M grows [B]."""
    log_p_B, (_, _, precision, _) = log_likelihood(model), model.numbers
    return {
        "is-ml": -log_p_B,
        "is-convex-exp": -(0.5 * log_p_B).exp(),
        "kld-is": -log_p_B + precision * 0.3**2 / 2,  # the mean of f under N(y, 0.3²)
    }[kind]


@pytest.mark.parametrize(
    ("kind", "options"), [("is-ml", {}), ("is-convex-exp", {"order": 0.5}), ("kld-is", {"blur": 0.3})]
)
def test_with_many_draws_the_normaliser_is_exact(kind, options, gaussian_ebm):
    torch.manual_seed(0)
    model = gaussian_ebm(*AT)
    loss = make(OBJECTIVES[kind], samples=400_000, **NOISE, **options).losses(model, BATCH)["model"]
    expected = exact_losses(model, kind).mean()
    assert loss.metrics["loss"].item() == pytest.approx(expected.item(), abs=0.01)
    (exact,) = torch.autograd.grad(expected, [model.numbers])
    torch.testing.assert_close(gradient(loss, model), exact, rtol=0, atol=0.02)


def test_the_constant_of_the_energy_does_not_matter(gaussian_ebm):
    for kind in DRAWING:
        objective, losses = make(OBJECTIVES[kind], samples=8, **NOISE), []
        for constant in (0.0, 5.0):
            torch.manual_seed(1)
            losses.append(objective.losses(gaussian_ebm(constant=constant), BATCH)["model"].metrics["loss"].item())
        # The blurred data weigh 1 in expectation only.
        assert losses[0] == pytest.approx(losses[1], abs=1e-9) or kind == "kld-is"


def test_few_draws_overestimate_the_likelihood(gaussian_ebm):
    """E[J] < NLL, by Jensen's inequality, and rises with M."""
    torch.manual_seed(0)
    model, losses = gaussian_ebm(precision=2.0), []
    targets = torch.randn(40_000) * 2**-0.5
    for samples in (1, 4, 16):
        loss = make(ISML, samples=samples, **NOISE).losses(model, batch_of(targets))["model"]
        losses.append(loss.metrics["loss"].item())
    assert losses == sorted(losses)
    assert losses[-1] < 0.5 * math.log(2 * math.pi / 2.0) + 0.5


def test_the_positives_of_nce_plus_are_blurred_by_the_scaled_noise():
    torch.manual_seed(0)
    objective = make(NCEPlus, beta=0.1, noise=[1.0, 3.0])
    moved = objective.positives(torch.full((200_000, 1), 7.0)) - 7
    assert moved.mean().item() == pytest.approx(0, abs=0.002)
    assert moved.square().mean().item() == pytest.approx(0.1**2 * (1 + 9) / 2, rel=0.02)


@pytest.mark.parametrize("kind", LEARNING)
def test_no_loss_reaches_another_player(kind, gaussian_ebm, normal_proposal):
    model, proposal = gaussian_ebm(slope=0.5), normal_proposal()
    losses = make(OBJECTIVES[kind], proposal, samples=4).losses(model, BATCH)
    assert set(losses) == {"model", "proposal"}
    own = {"model": model, "proposal": proposal}
    for player, loss in losses.items():
        for other, module in own.items():
            (found,) = torch.autograd.grad(loss.total, [module.numbers], allow_unused=True, retain_graph=True)
            assert (found is not None) == (player == other)
    assert losses["proposal"].metrics.keys() == {"log_z", "effective_share"}


@pytest.mark.parametrize("kind", LEARNING)
def test_both_ways_of_joint_training_move_the_proposal_alike(kind, gaussian_ebm, normal_proposal):
    """By J_KL on the draws of the model's own loss."""
    gradients = []
    for cls in (ProposalKL, OBJECTIVES[kind]):
        torch.manual_seed(2)
        proposal = normal_proposal()
        gradients.append(gradient(make(cls, proposal, samples=4).losses(gaussian_ebm(), BATCH)["proposal"], proposal))
    assert torch.equal(*gradients)


def test_noise_around_the_targets_has_the_density_that_it_is_drawn_from():
    torch.manual_seed(0)
    noise, target_B1 = TargetNoise([0.5, 2.0]), torch.tensor([[1.0], [-3.0]])
    grid_BM = torch.linspace(-40, 40, 80_001).expand(2, -1)
    density_BM = noise.conditional_log_prob(target_B1, grid_BM).exp()
    assert (density_BM.sum(1) * 0.001).tolist() == pytest.approx([1, 1], abs=1e-4)
    drawn_BM = noise.conditional_sample(target_B1, 200_000)
    for moment in (1, 2):
        expected = (density_BM * (grid_BM - target_B1) ** moment).sum(1) * 0.001
        torch.testing.assert_close(((drawn_BM - target_B1) ** moment).mean(1), expected, rtol=0.02, atol=0.02)


# Optima, exactly: six atoms, every draw enumerated

ATOMS = 6
RANDOM = np.random.RandomState(0)
P = torch.from_numpy(RANDOM.dirichlet(np.full(ATOMS, 1.0)))
ELSEWHERE = torch.from_numpy(RANDOM.dirichlet(np.full(ATOMS, 3.0))).expand(ATOMS, -1)
"""q(y), which does not know the target, in a row for each."""
APART = (torch.arange(ATOMS)[:, None] - torch.arange(ATOMS)).abs()
AROUND = (-torch.minimum(APART, ATOMS - APART).double().square() / 2).softmax(1)
"""q(y|y_i), around the target on a circle of atoms."""


def expected_loss(energy: Tensor, q: Tensor, samples: int, loss_of) -> Tensor:
    """The mean of a loss over p and all draws of q."""
    index_BN = torch.tensor(list(itertools.product(range(ATOMS), repeat=1 + samples)))
    log_q_BN = q.log()[index_BN[:, :1], index_BN]
    weight_B = P[index_BN[:, 0]] * log_q_BN[:, 1:].sum(1).exp()
    return (weight_B * loss_of(Draws(index_BN, energy[index_BN], log_q_BN))).sum()


def negative_log_prob(draws: Draws) -> Tensor:
    """What `is-ml` minimises."""
    return -draws.log_prob(batch_of(draws.target_BN[:, 0])).total_B


def optimum(q: Tensor, samples: int, loss_of) -> tuple[Tensor, float]:
    """The distribution that the expected loss leads to, and the loss there."""
    energy = torch.zeros(ATOMS, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([energy], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = expected_loss(energy, q, samples, loss_of)
        loss.backward()
        return loss

    solver.step(closure)
    return energy.detach().softmax(0), closure().item()


def distance(one: Tensor) -> float:
    """From p, in total variation."""
    return (one - P).abs().sum().item() / 2


@pytest.mark.parametrize("samples", [1, 2])
def test_nce_is_exact_for_any_number_of_draws_if_the_noise_does_not_know_the_target(samples):
    torch.testing.assert_close(optimum(ELSEWHERE, samples, ranking_loss)[0], P, rtol=0, atol=1e-5)


def test_nce_is_inconsistent_if_the_noise_is_around_the_target():
    """Less so with more draws."""
    found = {samples: optimum(AROUND, samples, ranking_loss)[0] for samples in (1, 2, 4)}
    assert found[1].tolist() == pytest.approx([0.1480, 0.2926, 0.1815, 0.1181, 0.0703, 0.1895], abs=1e-4)
    assert distance(found[1]) > distance(found[2]) > distance(found[4]) > 0.01


def test_is_ml_is_biased_by_few_draws():
    """Its optimum is not p, and the value there less than the entropy of p."""
    found = {samples: optimum(ELSEWHERE, samples, negative_log_prob) for samples in (4, 5)}
    assert found[4][0].tolist() == pytest.approx([0.1143, 0.3462, 0.1671, 0.1066, 0.0773, 0.1886], abs=2e-4)
    assert found[4][1] == pytest.approx(1.7112, abs=1e-4)
    assert found[4][1] < found[5][1] < -(P * P.log()).sum().item()
    assert distance(found[5][0]) < distance(found[4][0])


def test_is_ml_has_no_least_value_where_too_few_draws_meet_what_p_favours():
    """A set A with 1 − (1 − q(A))^M < P(A): the more f favours it, the lower the loss, without end."""
    sets = torch.tensor(list(itertools.product((0.0, 1.0), repeat=ATOMS)), dtype=torch.float64)
    gain = sets @ P - (1 - (1 - sets @ ELSEWHERE[0]) ** 2)
    favoured, least = sets[gain.argmax()], gain.max().item()
    assert least > 0.01
    low, lower = (expected_loss(height * favoured, ELSEWHERE, 2, negative_log_prob).item() for height in (50, 100))
    assert (low - lower) / 50 == pytest.approx(least, rel=1e-6)


# What goes wrong


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("is-ml", {"samples": 0}, "objectives.is-ml.samples' = 0: Input should be greater than 0"),
        ("nce", {"samples": -1}, "objectives.nce.samples' = -1"),
        ("nce", {"components": 0}, "objectives.nce.components' = 0"),
        ("nce", {"noise": [0.1, 0.0]}, "objectives.nce.noise.1' = 0.0: Input should be greater than 0"),
        ("nce-plus", {"noise": []}, "objectives.nce-plus.noise' = .*at least 1 item"),
        ("proposal-kl", {"noise": [0.1]}, "unknown config key 'objectives.proposal-kl.noise'"),
    ],
)
def test_wrong_options_are_named(kind, options, message):
    with pytest.raises(UserError, match=message):
        parse(OBJECTIVES[kind].Options, options, f"objectives.{kind}")


@pytest.mark.parametrize("kind", DRAWING)
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_target_that_is_no_number_is_an_error(kind, wrong, gaussian_ebm):
    objective = make(OBJECTIVES[kind], samples=2, **NOISE)
    with pytest.raises(UserError, match="a target of the training data is not a finite number"):
        objective.losses(gaussian_ebm(), batch_of(torch.tensor([0.5, wrong])))


@pytest.mark.parametrize("kind", LEARNING)
def test_a_proposal_whose_density_underflows_gives_finite_losses(kind, gaussian_ebm, normal_proposal):
    """So narrow that it is 0 at the true targets, and its logarithm −10^119."""
    model, proposal = gaussian_ebm(), normal_proposal(mean=0.0, sd=1e-60)
    assert proposal.conditional_log_prob(torch.zeros(1, 1), torch.ones(1, 1)).item() < -1e118
    losses = make(OBJECTIVES[kind], proposal, samples=4).losses(model, batch_of(torch.tensor([1.0, -2.0])))
    for loss, module in zip(losses.values(), (model, proposal), strict=True):
        assert all(value.isfinite() for value in loss.metrics.values())
        assert gradient(loss, module).isfinite().all()


@pytest.mark.parametrize("kind", DRAWING)
@pytest.mark.parametrize("targets", [[0.5], [0.5] * 8], ids=["one", "constant"])
def test_constant_targets_give_finite_losses(kind, targets, gaussian_ebm):
    model = gaussian_ebm()
    loss = make(OBJECTIVES[kind], samples=1, **NOISE).losses(model, batch_of(torch.tensor(targets)))["model"]
    assert loss.metrics["loss"].isfinite()
    assert gradient(loss, model).isfinite().all()
