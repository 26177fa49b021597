"""The likelihood objectives against their formulas; their optima are in test_optimum.py."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.formulas import divergence
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.convex_power import ConvexPower
from beyond_mle.objectives.convex_pure import ConvexPure
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.objectives.mle import MLE
from beyond_mle.types import Density, LogProb, Spec, Strings


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


SAMPLES = Strings(torch.empty(0))
"""A batch of samples: the models here say the same of any."""


def make(kind: type[Likelihood], **options) -> Likelihood:
    return kind(kind.Options(**options), Spec())


def gradient(objective: Likelihood, model: Table, batch: Strings = SAMPLES) -> torch.Tensor:
    loss = objective.losses(model, batch)["model"]
    return torch.autograd.grad(loss.total / loss.count, model.total_B)[0]


TOTAL, LENGTH = [-3.0, -10.0, -0.5, -41.0], [4, 7, 2, 12]


@pytest.mark.parametrize("order", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("average", ["token", "sentence"])
@pytest.mark.parametrize("boundary", [0, 1, 2])
def test_convex_exp_has_the_gradient_and_value_of_its_formula(order: float, average: str, boundary: int) -> None:
    model = Table(TOTAL, LENGTH, boundary)
    objective = make(ConvexExp, order=order, average=average)
    length_B = model.length_B + boundary
    share_B = length_B if average == "token" else torch.ones(4)
    direct = -(share_B * torch.exp(order * model.total_B / length_B)).sum() / share_B.sum()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    loss = objective.losses(model, SAMPLES)["model"]
    torch.testing.assert_close(loss.metrics["loss"], direct.detach())


@pytest.mark.parametrize("order", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("average", ["token", "sentence"])
def test_convex_power_has_the_gradient_and_value_of_its_formula(order: float, average: str) -> None:
    model = Table(TOTAL, LENGTH, boundary=1)
    objective = make(ConvexPower, order=order, average=average)
    length_B = model.length_B + 1
    share_B = length_B if average == "token" else torch.ones(4)
    direct = (share_B * (-model.total_B / length_B) ** order).sum() / share_B.sum()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    torch.testing.assert_close(objective.losses(model, SAMPLES)["model"].metrics["loss"], direct.detach())


def test_convex_pure_is_the_mean_probability_whatever_the_lengths() -> None:
    model = Table(TOTAL, LENGTH, boundary=1)
    objective = make(ConvexPure)
    direct = -model.total_B.exp().mean()
    torch.testing.assert_close(gradient(objective, model), torch.autograd.grad(direct, model.total_B)[0])
    loss = objective.losses(model, SAMPLES)["model"]
    torch.testing.assert_close(loss.metrics["loss"], direct.detach())
    assert float(loss.metrics["nll"]) == pytest.approx(54.5 / 29)  # still per token


def test_convex_power_stays_finite_where_a_sequence_is_certain() -> None:
    """log q = 0 exactly, as single precision gives for a sequence known by heart: no gradient, but no NaN either."""
    logits_V = torch.tensor([40.0, 0.0], requires_grad=True)

    class Certain:
        def log_prob(self, batch):
            return LogProb(logits_V.log_softmax(0)[:1], torch.ones(1))

    for order in (0.05, 0.5):
        loss = make(ConvexPower, order=order).losses(Certain(), SAMPLES)["model"]
        assert torch.isfinite(loss.total)
        assert torch.isfinite(torch.autograd.grad(loss.total, logits_V)[0]).all()


@pytest.mark.parametrize(
    "objective",
    [
        make(MLE, average="token"),
        make(ConvexExp, order=2, average="sentence"),
        make(ConvexPower, average="token", count_boundary=False),
        make(ConvexPure),
    ],
)
def test_a_batch_of_all_of_p_has_the_loss_of_one_in_which_sequences_have_their_frequencies(objective) -> None:
    """Metrics included; densities are relative to the weights of quadrature."""
    count_B = torch.tensor([3, 1, 4, 2])
    row_N = torch.arange(4).repeat_interleave(count_B)
    repeated = Table([TOTAL[row] for row in row_N], [LENGTH[row] for row in row_N], boundary=2)
    model, log_weight_B = Table(TOTAL, LENGTH, boundary=2), torch.linspace(-1, 1, 4, dtype=torch.float64)
    batch = Strings(torch.arange(4), Density((count_B.double() / 10).log() - log_weight_B, log_weight_B))
    expected = objective.losses(repeated, SAMPLES)["model"].metrics
    torch.testing.assert_close(objective.losses(model, batch)["model"].metrics, expected, check_dtype=False)
    by_row = torch.zeros(4, dtype=torch.float64).index_add(0, row_N, gradient(objective, repeated))
    torch.testing.assert_close(gradient(objective, model, batch), by_row)


def test_mle_on_all_of_p_is_kl_and_the_entropy_of_p() -> None:
    log_p_N = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64).log()
    model, zero_N = Table([math.log(0.25)] * 4, [1] * 4), torch.zeros(4, dtype=torch.float64)
    loss = make(MLE).losses(model, Strings(torch.arange(4), Density(log_p_N, zero_N)))["model"].metrics["loss"]
    parts = divergence.kl(log_p_N, model.total_B, zero_N) + divergence.entropy(log_p_N, zero_N)
    torch.testing.assert_close(loss, parts.detach())


EACH_KIND = pytest.mark.parametrize("kind", [MLE, ConvexExp, ConvexPower, ConvexPure])


@EACH_KIND
def test_what_p_never_gives_does_not_count(kind: type[Likelihood]) -> None:
    log_p_N = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64).log()
    batch = Strings(torch.arange(3), Density(log_p_N, torch.zeros(3, dtype=torch.float64)))
    likely, unlikely = (make(kind).losses(Table([-1.0, -2.0, last], [1] * 3), batch)["model"] for last in (-3, -300))
    torch.testing.assert_close(likely.metrics["loss"], unlikely.metrics["loss"])
    assert gradient(make(kind), Table([-1.0, -2.0, -3.0], [1] * 3), batch)[2] == 0


@EACH_KIND
def test_what_the_model_cannot_produce_is_left_out_and_its_share_is_logged(kind: type[Likelihood]) -> None:
    possible, model = Table([-3.0, -5.0], [4, 7]), Table([-3.0, -math.inf, -5.0, -math.inf], [4, 2, 7, 1])
    expected, got = (make(kind).losses(table, SAMPLES)["model"] for table in (possible, model))
    torch.testing.assert_close(got.metrics["loss"], expected.metrics["loss"])
    torch.testing.assert_close(gradient(make(kind), model)[[0, 2]], gradient(make(kind), possible))
    assert not gradient(make(kind), model)[[1, 3]].any()
    assert float(got.metrics["impossible"]) == 0.5
    assert "impossible" not in expected.metrics


@pytest.mark.parametrize("average", ["token", "sentence"])
def test_convex_exp_is_mle_with_the_detached_weight(average: str) -> None:
    model = Table(TOTAL, LENGTH)
    weight_B = 3 * torch.exp(3 * model.total_B.detach() / model.length_B)
    mle = gradient(make(MLE, average=average), model)
    convex = gradient(make(ConvexExp, order=3, average=average), model)
    torch.testing.assert_close(convex, weight_B * mle)


def test_small_orders_point_where_sentence_level_mle_points() -> None:
    model = Table(TOTAL, LENGTH)
    mle = gradient(make(MLE, average="sentence"), model)
    convex = gradient(make(ConvexExp, order=1e-7, average="sentence"), model)
    torch.testing.assert_close(convex / convex.norm(), mle / mle.norm(), rtol=1e-5, atol=1e-7)


def test_averages_and_boundary_symbols() -> None:
    model = Table([-2.0, -6.0], [1, 5], boundary=1)
    token, sentence = (make(MLE, average=a).losses(model, SAMPLES)["model"] for a in ("token", "sentence"))
    assert float(token.metrics["loss"]) == pytest.approx(8 / 8)
    assert float(sentence.metrics["loss"]) == pytest.approx((2 / 2 + 6 / 6) / 2)
    without = make(MLE, count_boundary=False).losses(model, SAMPLES)["model"]
    assert float(without.metrics["loss"]) == pytest.approx(8 / 6)


@pytest.mark.parametrize("objective", [MLE, ConvexExp, ConvexPower, ConvexPure])
def test_label_smoothing_mixes_in_the_uniform_distribution(objective: type[Likelihood]) -> None:
    """For one token over a vocabulary, the gradient is that of cross-entropy with smoothed targets, times f′."""
    logits_V = torch.randn(5, dtype=torch.float64, requires_grad=True)
    log_probs_V = logits_V.log_softmax(0)

    class OneToken:
        def log_prob(self, batch):
            return LogProb(log_probs_V[2:3], torch.ones(1), uniform_B=log_probs_V.mean()[None])

    smoothed = make(objective, label_smoothing=0.1)
    loss = smoothed.losses(OneToken(), SAMPLES)["model"].total
    reference = torch.nn.functional.cross_entropy(logits_V[None], torch.tensor([2]), label_smoothing=0.1)
    weight = float(smoothed.weight(log_probs_V[2].detach()))
    got, expected = (torch.autograd.grad(x, logits_V, retain_graph=True)[0] for x in (loss, weight * reference))
    torch.testing.assert_close(got, expected)


def test_the_length_predictor_gets_its_share() -> None:
    length_log_prob_B = torch.tensor([-1.0, -3.0], dtype=torch.float64, requires_grad=True)
    model = Table([-4.0, -6.0], [2, 3], boundary=2, length_log_prob_B=length_log_prob_B)
    loss = make(MLE, length_factor=0.5).losses(model, SAMPLES)["model"]
    got = torch.autograd.grad(loss.total / loss.count, length_log_prob_B)[0]
    torch.testing.assert_close(got, torch.full((2,), -0.5 / 2, dtype=torch.float64))


@given(st.floats(-60, -1e-3), st.floats(0.1, 8))
def test_the_weight_is_the_derivative_of_the_value(mean_log_prob: float, order: float) -> None:
    for objective in (
        make(MLE),
        make(ConvexExp, order=order),
        make(ConvexPower, order=order / 8),
        make(ConvexPure),
    ):
        g = torch.tensor([mean_log_prob], dtype=torch.float64, requires_grad=True)
        slope = torch.autograd.grad(objective.value(g).sum(), g)[0]
        torch.testing.assert_close(objective.weight(g.detach()), slope)


def test_no_underflow_where_half_precision_would_lose_the_weight() -> None:
    model = Table([-100.0], [10]).float()
    assert float(gradient(make(ConvexExp, order=3), model).abs()) == pytest.approx(3 * math.exp(-30) / 10, rel=1e-4)
