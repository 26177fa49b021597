"""Adversarial training: with the optimal discriminator it follows JS_π, on text and on points; and the discriminator
becomes optimal."""

import copy
import math

import pytest
import torch
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.formulas import divergence
from beyond_mle.formulas.density_ratio import balanced_loss, reward
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.js import JS
from beyond_mle.objectives.js_adversarial import JSAdversarial
from beyond_mle.tasks.plane import Plane, PlaneData
from beyond_mle.text.padding import pad, unpad
from beyond_mle.types import FiniteSpec, Points, Spec, TextBatch, TextSpec, VectorSpec

SPEC = TextSpec(6)
SMALL = dict(width=16, heads=2, feedforward=32, layers=1, max_positions=16)


def make(**options) -> JSAdversarial:
    torch.manual_seed(0)
    return JSAdversarial(JSAdversarial.Options(discriminator=SMALL, **options), SPEC)


def js(pi: float, **options) -> JS:
    return JS(JS.Options(pi=pi, **options), Spec())


# On text


class OptimalLogit(nn.Module):
    """log p/q of a world."""

    def __init__(self, world):
        super().__init__()
        self.log_p, self.log_q = world.log_p(), world.log_q().detach()
        self.row = {output: n for n, output in enumerate(world.outputs)}
        self.sources = [tuple(source) for source in world.source_BS.tolist()]

    def forward(self, batch: TextBatch) -> torch.Tensor:
        rows = [self.sources.index(tuple(source)) for source in batch.source_BS.tolist()]
        outputs = [self.row[tuple(output)] for output in unpad(batch.target_BT)]
        return (self.log_p - self.log_q)[rows, outputs]


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.99])
def test_with_the_optimal_discriminator_the_generator_follows_js(world, pi):
    """On the same samples it has the very gradient of `js` by REINFORCE, whose mean is that of the exact JS_π."""
    objective = make(pi=pi, samples=8000)
    objective.discriminator = OptimalLogit(world)
    torch.manual_seed(1)
    gradient = world.gradient_of(objective)
    torch.manual_seed(1)
    known = world.gradient_of(js(pi, gradient="reinforce", samples=8000))
    assert known.any()
    assert (gradient - known).norm() < 1e-5 * known.norm()  # the prior is in single precision here
    exact = world.gradient_of(js(pi))
    assert (gradient - exact).norm() < 0.2 * exact.norm()


def test_the_discriminator_learns_the_log_ratio(world):
    """On what both p and q give at least now and then."""
    source_BS = world.source_BS[:1].expand(64, -1)
    p = {(4, 5): 0.1, (5,): 0.3, (4,): 0.1, (): 0.5}
    generator = torch.Generator().manual_seed(0)
    share = torch.tensor(list(p.values()))
    objective = make(warmup=10**6, samples=2)
    optimiser = torch.optim.Adam(objective.parameters(), lr=3e-3)
    model = copy.deepcopy(world.model)
    with torch.no_grad():
        model.norm.bias *= 0.4  # other outputs than the empty one, too
    for _ in range(300):
        drawn = torch.multinomial(share, 64, replacement=True, generator=generator).tolist()
        target_BT = pad([list(p)[n] for n in drawn])
        loss = objective.losses(model, TextBatch(source_BS, target_BT))["discriminator"]
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
    outputs = TextBatch(source_BS[:4], pad(list(p)))
    optimal = share.log() - model.log_prob(outputs).total_B.float()
    assert optimal.max() - optimal.min() > 1
    with torch.no_grad():
        torch.testing.assert_close(objective.discriminator(outputs), optimal.detach(), rtol=0, atol=0.4)
        never = objective.discriminator(TextBatch(source_BS[:1], torch.tensor([[5, 5, 4]])))
    assert never < -2


def test_real_and_sampled_pairs_count_the_same(world):
    """A discriminator that says the same of all pairs is right half of the time, whatever K."""
    objective = make(samples=5, pi=0.3)
    with torch.no_grad():
        objective.discriminator.output.weight.zero_()
        objective.discriminator.output.bias.fill_(0.7)
    loss = objective.losses(world.model, world.batch)["discriminator"]
    assert loss.metrics["discriminator_accuracy"] == 0.5
    logit = torch.tensor(0.7)
    expected = nn.functional.softplus(-logit) + nn.functional.softplus(logit)
    torch.testing.assert_close(loss.total / loss.count, expected, check_dtype=False)
    torch.testing.assert_close(loss.metrics["reward"], (0.7 + 0.3 * logit.exp()).log())
    torch.testing.assert_close(loss.metrics["loss"], -0.7 * (0.7 + 0.3 * logit.exp()).log())


# On points


AT = dict(mean=[0.3, -0.5], scale=math.exp(0.2))
PIS = [0.01, 0.1, 0.5, 0.9, 0.99]


@pytest.fixture(scope="module")
def plane() -> PlaneData:
    return Plane(Plane.Options(mixture_seed=15, grid_step=0.1)).open(None)


def gaussian() -> IsotropicGaussian:
    return IsotropicGaussian(IsotropicGaussian.Options(**AT), VectorSpec(2))


class OptimalPointLogit(nn.Module):
    """log p/q for the round Gaussian at `AT`, held fixed."""

    def __init__(self, plane: PlaneData):
        super().__init__()
        self.plane, self.q = plane, gaussian().requires_grad_(False)

    def forward(self, batch: Points) -> torch.Tensor:
        return self.plane.p.log_prob(batch.point_BD) - self.q.log_prob(batch).total_B


def gradient_of_js(plane: PlaneData, pi: float) -> torch.Tensor:
    model = gaussian()
    total = js(pi).losses(model, plane.whole())["model"].total
    return flat(torch.autograd.grad(total, list(model.parameters())))


def flat(gradients) -> torch.Tensor:
    return torch.cat([gradient.flatten() for gradient in gradients])


@pytest.mark.parametrize("pi", PIS)
def test_the_gradient_in_expectation_is_that_of_js(plane, pi):
    """The expectation over the noise by quadrature."""
    axis = torch.linspace(-8, 8, 161, dtype=torch.float64)
    noise_N2 = torch.cartesian_prod(axis, axis)
    weight_N = (-noise_N2.square().sum(1) / 2).exp() * 0.1**2 / (2 * math.pi)
    model = gaussian()
    logit_N = OptimalPointLogit(plane)(Points(model.mean + model.log_scale.exp() * noise_N2))
    loss = -(1 - pi) * (weight_N * reward(logit_N, torch.tensor(pi, dtype=torch.float64))).sum()
    gradient, exact = flat(torch.autograd.grad(loss, list(model.parameters()))), gradient_of_js(plane, pi)
    assert (gradient - exact).norm() < 1e-6 * exact.norm()


@pytest.mark.parametrize("pi", PIS)
def test_its_losses_estimate_that_gradient_from_samples(plane, pi):
    model = gaussian()
    objective = JSAdversarial(JSAdversarial.Options(pi=pi), VectorSpec(2))
    objective.discriminator = OptimalPointLogit(plane)
    torch.manual_seed(0)
    loss = objective.losses(model, Points(torch.zeros(200_000, 2, dtype=torch.float64)))["model"]
    gradient = flat(torch.autograd.grad(loss.total / loss.count, list(model.parameters())))
    exact = gradient_of_js(plane, pi)
    assert (gradient - exact).norm() < 0.03 * exact.norm()


def test_the_discriminators_loss_is_least_at_log_p_over_q(plane):
    """Minimised point by point on a part of the grid."""
    batch = plane.whole()
    log_p_N, log_q_N = batch.density.log_p_B, gaussian().log_prob(batch).total_B.detach()
    near_N = (log_p_N > -12) & (log_q_N > -12)
    log_p_N, log_q_N = log_p_N[near_N][::50], log_q_N[near_N][::50]
    logit_N = torch.zeros_like(log_p_N, requires_grad=True)
    solver = torch.optim.LBFGS([logit_N], max_iter=500, tolerance_grad=1e-12, line_search_fn="strong_wolfe")
    # Dividing by p + q changes no point's own minimum and makes them all equally steep.
    share_N = torch.sigmoid(log_p_N - log_q_N)

    def closure() -> torch.Tensor:
        solver.zero_grad()
        never = torch.full_like(logit_N, math.inf)
        loss = (share_N * balanced_loss(logit_N, -never) + (1 - share_N) * balanced_loss(never, logit_N)).sum()
        loss.backward()
        return loss

    solver.step(closure)
    torch.testing.assert_close(logit_N.detach().sigmoid(), (log_p_N - log_q_N).sigmoid(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("pi", PIS)
def test_one_balanced_logit_reaches_the_highest_value_for_every_prior(plane, pi):
    """V_π at s + logit π is JS_π − H_b(π), and the reward is log((1−D)/(1−π)) with a minus sign."""
    batch = plane.whole()
    log_p_N, log_q_N = batch.density.log_p_B, gaussian().log_prob(batch).total_B.detach()
    prior, known = torch.tensor(pi, dtype=torch.float64), (log_p_N, log_q_N, batch.density.log_weight_B)
    shifted_N = log_p_N - log_q_N + prior.logit()
    value = divergence.adversarial_value(shifted_N, *known, pi)
    expected = divergence.js(*known, pi) - divergence.binary_entropy(pi)
    torch.testing.assert_close(value, expected, rtol=0, atol=1e-9)
    assert divergence.adversarial_value(shifted_N + 0.1, *known, pi) < value
    torch.testing.assert_close(
        reward(log_p_N - log_q_N, prior), torch.log1p(-prior) - nn.functional.logsigmoid(-shifted_N)
    )


# On either


@pytest.fixture(params=["text", "points"])
def game(request, world):
    """An objective's maker, a model and a batch."""
    if request.param == "text":
        return make, copy.deepcopy(world.model), world.batch

    def of_points(samples=4, **options):
        return JSAdversarial(JSAdversarial.Options(discriminator={"width": 5}, **options), VectorSpec(2))

    return of_points, gaussian(), Points(torch.randn(6, 2, dtype=torch.float64))


def turns(objective, model, batch, steps) -> list[str]:
    """Of each step the initials of the players who move."""
    return ["".join(sorted(player[0] for player in objective.losses(model, batch, step))) for step in range(steps)]


def test_in_the_warm_up_only_the_discriminator_learns(game):
    objective, model, batch = game
    assert turns(objective(warmup=3), model, batch, 5) == ["d", "d", "d", "dm", "dm"]


def test_the_players_take_turns_on_request(game):
    objective, model, batch = game
    assert turns(objective(discriminator_steps=2), model, batch, 7) == ["d", "d", "m", "d", "d", "m", "d"]
    assert turns(objective(discriminator_steps=1, warmup=2), model, batch, 6) == ["d", "d", "d", "m", "d", "m"]


def test_both_players_learn(game):
    make_objective, model, batch = game
    objective = make_objective(samples=8)
    losses = objective.losses(model, batch)
    own = {"model": list(model.parameters()), "discriminator": list(objective.discriminator.parameters())}
    assert set(losses) == set(own)
    for player, loss in losses.items():
        gradients = torch.autograd.grad(loss.total / loss.count, own[player], allow_unused=True, retain_graph=True)
        assert any(g is not None and g.any() for g in gradients)
        assert all(g is None or g.isfinite().all() for g in gradients)


def test_on_text_neither_loss_reaches_the_other_player(world):
    """Nothing flows through words; through points the model's loss must, and training asks for the player's own."""
    objective = make(samples=8)
    losses = objective.losses(world.model, world.batch)
    for player, other in (("model", objective.discriminator), ("discriminator", world.model)):
        total = losses[player].total
        gradients = torch.autograd.grad(total, list(other.parameters()), allow_unused=True, retain_graph=True)
        assert all(g is None for g in gradients)


def test_its_modules_are_its_players():
    assert [name for name, _ in make().named_children()] == ["discriminator"]
    assert "pi" not in make().state_dict()


def test_there_is_no_discriminator_of_strings():
    with pytest.raises(UserError, match="no discriminator for data of the kind FiniteSpec"):
        JSAdversarial(JSAdversarial.Options(), FiniteSpec(((0,), (1,))))
