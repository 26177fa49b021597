"""log Σ g = bound + KL(q ‖ posterior) for any q: the identity that EM and variational auto-encoders rest on."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.formulas import variational

K = 10
logits = st.lists(st.floats(-30, 30), min_size=K, max_size=K)


def double(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@given(logits, logits)
def test_any_q_falls_short_by_its_divergence_from_the_posterior(log_g, logit):
    log_g_K, q_K = double(log_g), double(logit).softmax(0)
    bound, shortfall = variational.bound(log_g_K, q_K), variational.shortfall(log_g_K, q_K)
    torch.testing.assert_close(log_g_K.logsumexp(0) - bound, shortfall, rtol=1e-9, atol=1e-9)
    assert shortfall >= -1e-9


@given(logits)
def test_the_posterior_reaches_the_sum(log_g):
    log_g_K = double(log_g)
    torch.testing.assert_close(variational.bound(log_g_K, variational.posterior(log_g_K)), log_g_K.logsumexp(0))


@given(logits, st.integers(0, K - 1))
def test_a_q_that_is_certain_gives_one_term_of_the_sum(log_g, z):
    q_K = torch.nn.functional.one_hot(torch.tensor(z), K).double()
    assert variational.bound(double(log_g), q_K).item() == log_g[z]


def test_the_bound_is_concave_in_q_and_least_where_g_is_impossible():
    log_g_K = double([0.0, 1.0, -math.inf])
    assert variational.bound(log_g_K, double([0.5, 0.5, 0.0])).item() == 0.5 + math.log(2)
    assert variational.bound(log_g_K, double([0.5, 0.25, 0.25])).item() == -math.inf
    assert variational.shortfall(log_g_K, double([0.5, 0.25, 0.25])).item() == math.inf


def test_it_is_that_of_each_row_of_a_batch():
    log_g_BK, q_BK = torch.randn(4, K).double(), torch.rand(4, K).double().softmax(1)
    rows = [variational.bound(*row) for row in zip(log_g_BK, q_BK, strict=True)]
    torch.testing.assert_close(variational.bound(log_g_BK, q_BK), torch.stack(rows))
