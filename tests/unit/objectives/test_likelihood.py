"""The likelihood objectives against their formulas and closed-form optima."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.objectives.likelihood import MLE, ConvexExp, ConvexPower, ConvexPure, Likelihood
from beyond_mle.types import LogProb


class Table(torch.nn.Module):
    """Free log-probabilities of given sequences: the smallest model that an objective can train."""

    def __init__(self, total_B, length_B, boundary=0, uniform_B=None, length_log_prob_B=None):
        super().__init__()
        self.total_B = torch.nn.Parameter(torch.as_tensor(total_B, dtype=torch.float64))
        self.length_B = torch.as_tensor(length_B)
        self.boundary, self.uniform_B, self.length_log_prob_B = boundary, uniform_B, length_log_prob_B

    def log_prob(self, batch) -> LogProb:
        return LogProb(
            self.total_B,
            self.length_B,
            boundary=self.boundary,
            uniform_B=self.uniform_B,
            length_log_prob_B=self.length_log_prob_B,
        )


def gradient(objective: Likelihood, model: Table) -> torch.Tensor:
    loss = objective.losses(model, None)["model"]
    return torch.autograd.grad(loss.total / loss.count, model.total_B)[0]


TOTAL, LENGTH = [-3.0, -10.0, -0.5, -41.0], [4, 7, 2, 12]


@pytest.mark.parametrize("order", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("average", ["token", "sentence"])
@pytest.mark.parametrize("boundary", [0, 1, 2])
def test_convex_exp_has_the_gradient_and_value_of_its_formula(order: float, average: str, boundary: int) -> None:
    model = Table(TOTAL, LENGTH, boundary)
    objective = ConvexExp(ConvexExp.Options(order=order, average=average))
    length_B = model.length_B + boundary
    share_B = length_B if average == "token" else torch.ones(4)
    direct = -(share_B * torch.exp(order * model.total_B / length_B)).sum() / share_B.sum()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    loss = objective.losses(model, None)["model"]
    torch.testing.assert_close(loss.metrics["loss"], direct.detach())


@pytest.mark.parametrize("order", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("average", ["token", "sentence"])
def test_convex_power_has_the_gradient_and_value_of_its_formula(order: float, average: str) -> None:
    model = Table(TOTAL, LENGTH, boundary=1)
    objective = ConvexPower(ConvexPower.Options(order=order, average=average))
    length_B = model.length_B + 1
    share_B = length_B if average == "token" else torch.ones(4)
    direct = (share_B * (-model.total_B / length_B) ** order).sum() / share_B.sum()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    torch.testing.assert_close(objective.losses(model, None)["model"].metrics["loss"], direct.detach())


def test_convex_pure_is_the_mean_probability_whatever_the_lengths() -> None:
    model = Table(TOTAL, LENGTH, boundary=1)
    objective = ConvexPure(ConvexPure.Options())
    direct = -model.total_B.exp().mean()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    loss = objective.losses(model, None)["model"]
    torch.testing.assert_close(loss.metrics["loss"], direct.detach())
    assert float(loss.metrics["nll"]) == pytest.approx(54.5 / 29)  # still per token


def test_convex_power_stays_finite_where_a_sequence_is_certain() -> None:
    """log q = 0 exactly, as single precision gives for a sequence known by heart: no gradient, but no NaN either."""
    logits_V = torch.tensor([40.0, 0.0], requires_grad=True)

    class Certain:
        def log_prob(self, batch):
            return LogProb(logits_V.log_softmax(0)[:1], torch.ones(1))

    for order in (0.05, 0.5):
        loss = ConvexPower(ConvexPower.Options(order=order)).losses(Certain(), None)["model"]
        assert torch.isfinite(loss.total)
        assert torch.isfinite(torch.autograd.grad(loss.total, logits_V)[0]).all()


@pytest.mark.parametrize(
    "objective",
    [
        MLE(MLE.Options(average="token")),
        ConvexExp(ConvexExp.Options(order=2, average="sentence")),
        ConvexPower(ConvexPower.Options(average="token", count_boundary=False)),
        ConvexPure(ConvexPure.Options()),
    ],
)
def test_the_expected_loss_is_that_of_a_batch_in_which_sequences_have_their_frequencies(objective) -> None:
    counts = [3, 1, 4, 2]
    rows = [row for row, n in enumerate(counts) for _ in range(n)]
    repeated = Table([TOTAL[row] for row in rows], [LENGTH[row] for row in rows], boundary=2)
    model, p_B = Table(TOTAL, LENGTH, boundary=2), torch.tensor(counts, dtype=torch.float64) / 10
    expected = objective.expected_loss(model.log_prob(None), p_B)
    torch.testing.assert_close(expected.detach(), objective.losses(repeated, None)["model"].metrics["loss"])
    by_row = torch.zeros(4, dtype=torch.float64).index_add(0, torch.tensor(rows), gradient(objective, repeated))
    torch.testing.assert_close(torch.autograd.grad(expected, model.total_B)[0], by_row)


@pytest.mark.parametrize("average", ["token", "sentence"])
def test_convex_exp_is_mle_with_the_detached_weight(average: str) -> None:
    model = Table(TOTAL, LENGTH)
    weight_B = 3 * torch.exp(3 * model.total_B.detach() / model.length_B)
    mle = gradient(MLE(MLE.Options(average=average)), model)
    convex = gradient(ConvexExp(ConvexExp.Options(order=3, average=average)), model)
    torch.testing.assert_close(convex, weight_B * mle)


def test_small_orders_point_where_sentence_level_mle_points() -> None:
    model = Table(TOTAL, LENGTH)
    mle = gradient(MLE(MLE.Options(average="sentence")), model)
    convex = gradient(ConvexExp(ConvexExp.Options(order=1e-7, average="sentence")), model)
    torch.testing.assert_close(convex / convex.norm(), mle / mle.norm(), rtol=1e-5, atol=1e-7)


def test_averages_and_boundary_symbols() -> None:
    model = Table([-2.0, -6.0], [1, 5], boundary=1)
    token, sentence = (MLE(MLE.Options(average=a)).losses(model, None)["model"] for a in ("token", "sentence"))
    assert float(token.metrics["loss"]) == pytest.approx(8 / 8)
    assert float(sentence.metrics["loss"]) == pytest.approx((2 / 2 + 6 / 6) / 2)
    without = MLE(MLE.Options(count_boundary=False)).losses(model, None)["model"]
    assert float(without.metrics["loss"]) == pytest.approx(8 / 6)


@pytest.mark.parametrize("objective", [MLE, ConvexExp, ConvexPower, ConvexPure])
def test_label_smoothing_mixes_in_the_uniform_distribution(objective: type[Likelihood]) -> None:
    """For one token over a vocabulary, the gradient is that of cross-entropy with smoothed targets, times f′."""
    logits_V = torch.randn(5, dtype=torch.float64, requires_grad=True)
    log_probs_V = logits_V.log_softmax(0)

    class OneToken:
        def log_prob(self, batch):
            return LogProb(log_probs_V[2:3], torch.ones(1), uniform_B=log_probs_V.mean()[None])

    smoothed = objective(objective.Options(label_smoothing=0.1))
    loss = smoothed.losses(OneToken(), None)["model"].total
    reference = torch.nn.functional.cross_entropy(logits_V[None], torch.tensor([2]), label_smoothing=0.1)
    weight = float(smoothed.weight(log_probs_V[2].detach()))
    got, expected = (torch.autograd.grad(x, logits_V, retain_graph=True)[0] for x in (loss, weight * reference))
    torch.testing.assert_close(got, expected)


def test_the_length_predictor_gets_its_share() -> None:
    length_log_prob_B = torch.tensor([-1.0, -3.0], dtype=torch.float64, requires_grad=True)
    model = Table([-4.0, -6.0], [2, 3], boundary=2, length_log_prob_B=length_log_prob_B)
    loss = MLE(MLE.Options(length_factor=0.5)).losses(model, None)["model"]
    got = torch.autograd.grad(loss.total / loss.count, length_log_prob_B)[0]
    torch.testing.assert_close(got, torch.full((2,), -0.5 / 2, dtype=torch.float64))


@given(st.floats(-60, -1e-3), st.floats(0.1, 8))
def test_the_weight_is_the_derivative_of_the_value(mean_log_prob: float, order: float) -> None:
    for objective in (
        MLE(MLE.Options()),
        ConvexExp(ConvexExp.Options(order=order)),
        ConvexPower(ConvexPower.Options(order=order / 8)),
        ConvexPure(ConvexPure.Options()),
    ):
        g = torch.tensor([mean_log_prob], dtype=torch.float64, requires_grad=True)
        slope = torch.autograd.grad(objective.value(g).sum(), g)[0]
        torch.testing.assert_close(objective.weight(g.detach()), slope)


def test_no_underflow_where_half_precision_would_lose_the_weight() -> None:
    model = Table([-100.0], [10]).float()
    assert float(gradient(ConvexExp(ConvexExp.Options(order=3)), model).abs()) == pytest.approx(
        3 * math.exp(-30) / 10, rel=1e-4
    )


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0])
def test_a_tabular_model_reaches_the_closed_form(order: float) -> None:
    """All strings of one length T: the optimum is q ∝ p^{1/(1−k/T)}."""
    length, strings = 4, 30
    generator = torch.Generator().manual_seed(0)
    p_N = torch.randn(strings, generator=generator, dtype=torch.float64).softmax(0)
    logits_N = p_N.log().clone().requires_grad_()
    objective = ConvexExp(ConvexExp.Options(order=order, average="sentence"))
    optimiser = torch.optim.LBFGS(
        [logits_N], max_iter=2000, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def expected_loss():
        """E_p of the objective's own per-sequence value, differentiated through its detached weight."""
        optimiser.zero_grad()
        mean_N = logits_N.log_softmax(0) / length
        (-(p_N * objective.weight(mean_N.detach()) * mean_N).sum()).backward()
        return -(p_N * objective.value(mean_N.detach())).sum()

    optimiser.step(expected_loss)
    closed_N = (p_N.log() / (1 - order / length)).softmax(0)
    total_variation = 0.5 * (logits_N.softmax(0) - closed_N).abs().sum()
    assert total_variation.item() < 1e-4
