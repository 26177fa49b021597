"""JS_π and KL[Q‖P] as objectives: the divergence itself where p is a batch; on text the exact gradient against finite
differences, REINFORCE against the exact one."""

import copy
import math

import pytest
import torch
from torch import nn

from beyond_mle.formulas import divergence
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.models.string_network import StringNetwork
from beyond_mle.models.tabular import Tabular
from beyond_mle.objectives.js import JS
from beyond_mle.objectives.policy_gradient import surrogate
from beyond_mle.objectives.reverse_kl import ReverseKL
from beyond_mle.tasks.plane import Plane
from beyond_mle.tasks.strings import FiniteLanguage, LanguageData, StringsOptions
from beyond_mle.types import LogProb, Spec, Support, TextBatch, VectorSpec

PIS = [0.01, 0.5, 0.99]


def js(pi: float, **options) -> JS:
    return JS(JS.Options(pi=pi, **options), Spec())


def reverse_kl(**options) -> ReverseKL:
    return ReverseKL(ReverseKL.Options(**options), Spec())


def expected_surrogate(objective, log_p_N, log_q_N) -> torch.Tensor:
    """The mean over all pairs of outputs that two samples can be."""
    n = len(log_q_N)
    pairs_BK = torch.cartesian_prod(torch.arange(n), torch.arange(n))
    reward_N = objective.reward(log_p_N, log_q_N.detach())
    q_B = log_q_N.detach()[pairs_BK].sum(1).exp()
    return (q_B * surrogate(log_q_N[pairs_BK], reward_N[pairs_BK])).sum()


def mean_expected_surrogate(objective, world) -> torch.Tensor:
    log_p, log_q = world.log_p(), world.log_q()
    return (expected_surrogate(objective, log_p[0], log_q[0]) + expected_surrogate(objective, log_p[1], log_q[1])) / 2


def assert_near(got, expected, tolerance):
    assert (got - expected).norm() < tolerance * expected.norm()


@pytest.mark.parametrize("pi", PIS)
def test_the_exact_js_is_the_sum_over_all_outputs(world, pi):
    loss = js(pi).losses(world.model, world.batch)["model"]
    log_p, log_q = world.log_p(), world.log_q()
    expected = divergence.js(log_p, log_q, torch.zeros(()), pi).mean()
    torch.testing.assert_close(loss.total / loss.count, expected, rtol=1e-3, atol=0.0)
    torch.testing.assert_close(loss.metrics["loss"], (loss.total / loss.count).detach())
    on = torch.where(log_p.isfinite(), log_q.exp(), 0.0).sum(1).mean()
    torch.testing.assert_close(loss.metrics["support_mass"], on.detach())


@pytest.mark.parametrize("pi", PIS)
def test_the_exact_gradient_agrees_with_finite_differences(world, pi):
    objective = js(pi)
    gradient = world.gradient_of(objective)
    direction = torch.randn(len(gradient), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = []
    for step in (1e-5, -1e-5):
        moved = copy.deepcopy(world.model)
        flat = nn.utils.parameters_to_vector(moved.parameters())
        nn.utils.vector_to_parameters(flat + step * direction, moved.parameters())
        values.append(objective.losses(moved, world.batch)["model"].metrics["loss"])
    torch.testing.assert_close((values[0] - values[1]) / 2e-5, gradient @ direction, rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize("pi", PIS)
def test_the_mean_of_reinforce_is_the_exact_gradient(world, pi):
    mean = world.gradient(mean_expected_surrogate(js(pi), world))
    assert_near(mean, world.gradient_of(js(pi)), 1e-3)


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.99])  # below, its variance is that of importance weights
def test_many_samples_come_near_the_exact_gradient(world, pi):
    torch.manual_seed(0)
    estimate = world.gradient_of(js(pi, gradient="reinforce", samples=20_000))
    assert_near(estimate, world.gradient_of(js(pi)), 0.1)


def test_many_samples_come_near_the_gradient_of_the_floored_reverse_kl(world):
    torch.manual_seed(0)
    objective = reverse_kl(floor=-20, samples=20_000)
    log_p, log_q = world.log_p().clamp(min=-20), world.log_q()
    exact = world.gradient(divergence.reverse_kl(log_p, log_q, torch.zeros(())).mean())
    assert_near(world.gradient_of(objective), exact, 0.1)
    assert_near(world.gradient(mean_expected_surrogate(objective, world)), exact, 1e-3)


def test_small_pi_follows_kl_and_large_pi_reverse_kl(full_world):
    world, pi = full_world, 1e-7
    log_p, log_q = world.log_p(), world.log_q()
    forward = world.gradient(divergence.kl(log_p, log_q, torch.zeros(())).mean())
    log_q = world.log_q()
    backward = world.gradient(divergence.reverse_kl(log_p, log_q, torch.zeros(())).mean())
    assert_near(world.gradient_of(js(pi)) / pi, forward, 1e-2)
    assert_near(world.gradient_of(js(1 - pi)) / pi, backward, 1e-2)
    mean = [world.gradient(mean_expected_surrogate(o, world)) for o in (js(pi), js(1 - pi), reverse_kl())]
    assert_near(mean[0] / pi, forward, 1e-2)
    assert_near(mean[1] / pi, backward, 1e-2)
    assert_near(mean[2], backward, 1e-3)


@pytest.mark.parametrize("objective", [js(0.1), js(0.9), reverse_kl()], ids=["js .1", "js .9", "reverse-kl"])
def test_where_p_is_a_batch_the_loss_is_the_divergence(objective):
    """Of two Gaussians on a quadrature grid: their KL[Q‖P] has a closed form, and JS_π its bounds."""
    data = Plane(Plane.Options(mixture_seed=None, mean=(1.0, 0.0), grid_step=0.1)).open(None)
    model, same = (
        IsotropicGaussian(IsotropicGaussian.Options(**options), VectorSpec(2))
        for options in (dict(scale=0.8), dict(mean=[1.0, 0.0]))
    )
    got, least = (objective.losses(one, data.whole())["model"].total.item() for one in (model, same))
    assert least == pytest.approx(0, abs=1e-9)
    if isinstance(objective, ReverseKL):
        assert got == pytest.approx(0.8**2 - 1 - 2 * math.log(0.8) + 0.5, abs=1e-9)
    else:
        assert 0.01 < got < divergence.binary_entropy(objective.options.pi)


@pytest.mark.parametrize("objective", [js(0.1), js(0.9), reverse_kl()], ids=["js .1", "js .9", "reverse-kl"])
@pytest.mark.parametrize("kind", [Tabular, StringNetwork])
def test_on_finite_languages_the_mean_of_reinforce_is_the_gradient_of_the_exact_loss(kind, objective):
    torch.manual_seed(0)
    language = LanguageData(FiniteLanguage(StringsOptions(symbols=[2, 3, 2], shortest=2)))
    model, batch = kind(kind.Options(), language.spec), language.whole()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    loss = objective.losses(model, batch)["model"]
    losses = loss.total, expected_surrogate(objective, batch.density.log_p_B, model.log_prob(batch).total_B)
    assert loss.count == 1
    torch.testing.assert_close(loss.metrics["loss"], loss.total.detach())
    gradients = [torch.autograd.grad(loss, model.parameters(), retain_graph=True) for loss in losses]
    for exact, mean in zip(*gradients, strict=True):
        torch.testing.assert_close(mean, exact, rtol=1e-8, atol=1e-12)


def test_metrics_of_the_samples(world):
    torch.manual_seed(0)
    objective = js(0.5, gradient="reinforce", samples=4000)
    metrics = objective.losses(world.model, world.batch)["model"].metrics
    exact = js(0.5).losses(world.model, world.batch)["model"].metrics
    assert float(metrics["valid"]) == pytest.approx(float(exact["support_mass"]), abs=0.02)
    log_p, log_q = world.log_p(), world.log_q().detach()
    expected = -(log_q.exp() * objective.reward(log_p, log_q)).sum(1).mean()
    assert float(metrics["loss"]) == pytest.approx(float(expected), abs=0.02)
    assert float(metrics["cut"]) < 1e-3


def test_what_lies_off_the_support_earns_the_least():
    log_p, log_q = torch.tensor([-math.inf, -1.0]), torch.tensor([-3.0, -3.0])
    least, more = js(0.9).reward(log_p, log_q).tolist()
    assert least == pytest.approx(0.1 * math.log(0.1))
    assert more > least
    assert reverse_kl(floor=-50).reward(log_p, log_q).tolist() == [-47.0, 2.0]


@pytest.mark.parametrize("gradient", ["enumeration", "reinforce"])
def test_dropout_plays_no_part(world, gradient):
    model = copy.deepcopy(world.model).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.5
    losses = []
    for one in (model, world.model):
        torch.manual_seed(3)
        losses.append(js(0.5, gradient=gradient).losses(one, world.batch)["model"].total)
    assert torch.equal(*losses)
    assert model.training


def test_an_output_that_the_model_cannot_produce_adds_a_constant():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.logit = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

        def log_prob(self, batch):
            never = torch.where(batch.target_BT[:, 0] == 5, -math.inf, 0.0).double()
            return LogProb(nn.functional.logsigmoid(self.logit) + never, torch.ones(2))

    support = Support(torch.tensor([[4], [5]]), torch.tensor([0, 0]), torch.tensor([0.75, 0.25]).double().log())
    batch = TextBatch(torch.tensor([[4, 2]]), torch.tensor([[4]]), support)
    model, pi = Half(), 0.4
    loss = js(pi).losses(model, batch)["model"].total
    q = float(torch.sigmoid(model.logit.detach()))
    m = pi * 0.75 + (1 - pi) * q
    on = pi * 0.75 * math.log(0.75 / m) + (1 - pi) * q * math.log(q / m)
    expected = on - pi * 0.25 * math.log(pi) - (1 - pi) * (1 - q) * math.log(1 - pi)
    assert float(loss.detach()) == pytest.approx(expected, abs=1e-12)
    assert torch.autograd.grad(loss, model.logit)[0].isfinite()


def test_a_training_on_its_own_samples_gets_nearer(world):
    """By either gradient; what is left of JS_π is an output that q never had, whose gradient is as small as its q."""
    for gradient in ("enumeration", "reinforce"):
        torch.manual_seed(0)
        model, objective = copy.deepcopy(world.model), js(0.5, gradient=gradient, samples=32)
        before = js(0.5).losses(model, world.batch)["model"].metrics["loss"]
        optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(100):
            loss = objective.losses(model, world.batch)["model"]
            optimiser.zero_grad()
            (loss.total / loss.count).backward()
            optimiser.step()
        after = js(0.5).losses(model, world.batch)["model"].metrics["loss"]
        assert after < before / 3
