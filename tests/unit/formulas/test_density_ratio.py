"""What a sample earns, and how the ratio is learnt: against the divergences that they come from."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.formulas import divergence
from beyond_mle.formulas.density_ratio import balanced_loss, reward

logits = st.lists(st.floats(-3, 3), min_size=5, max_size=5)
ZERO = torch.zeros(5, dtype=torch.float64)


def log_softmax(values: list[float], **options) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, **options).log_softmax(0)


@given(logits, logits, st.floats(0.01, 0.99))
def test_the_reward_gives_the_gradient_of_js(a, b, pi):
    log_p, free = log_softmax(a), torch.tensor(b, dtype=torch.float64, requires_grad=True)
    log_q = free.log_softmax(0)
    (exact,) = torch.autograd.grad(divergence.js(log_p, log_q, ZERO, pi), free, retain_graph=True)
    earned = (1 - pi) * reward((log_p - log_q).detach(), torch.tensor(pi, dtype=torch.float64))
    (followed,) = torch.autograd.grad(-(log_q.exp() * earned).sum(), free)
    torch.testing.assert_close(followed, exact, rtol=1e-7, atol=1e-9)


def test_the_limits_of_the_reward():
    s = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    small, large = (torch.tensor(pi, dtype=torch.float64) for pi in (1e-8, 1 - 1e-8))
    torch.testing.assert_close(reward(s, small) / small, s.exp() - 1, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(reward(s, large), s, rtol=1e-6, atol=1e-6)
    off = reward(torch.tensor([-torch.inf], dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64))
    assert off.item() == pytest.approx(torch.log(torch.tensor(0.7)).item())


@given(logits, logits, logits)
def test_the_balanced_loss_is_least_at_the_log_ratio(a, b, other):
    log_p, log_q = log_softmax(a), log_softmax(b)

    def expected(logit: torch.Tensor) -> torch.Tensor:
        infinite = torch.full_like(logit, torch.inf)  # a certain answer costs nothing: one side at a time
        return log_p.exp() @ balanced_loss(logit, -infinite) + log_q.exp() @ balanced_loss(infinite, logit)

    best = expected(log_p - log_q)
    # As often p as q is shown: twice the maximum of the adversarial value, JS_½ − log 2.
    js = divergence.js(log_p, log_q, ZERO, 0.5)
    torch.testing.assert_close(best, 2 * (torch.log(torch.tensor(2.0, dtype=torch.float64)) - js))
    assert expected(log_p - log_q + torch.tensor(other, dtype=torch.float64)) >= best - 1e-12
