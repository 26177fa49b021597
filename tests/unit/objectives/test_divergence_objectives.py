"""The expected losses on densities."""

import pytest
import torch
from beyond_mle.objectives.divergence import JS, ReverseKL, expected_loss

from beyond_mle.formulas import divergence
from beyond_mle.objectives.likelihood import MLE, ConvexExp

LOG_P = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64).log()
COUNTING = torch.zeros(4, dtype=torch.float64)


def minimiser(objective) -> torch.Tensor:
    """The optimal distribution over the atoms, by L-BFGS."""
    logits = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    exactly = dict(tolerance_grad=1e-10, tolerance_change=0.0)
    solver = torch.optim.LBFGS([logits], max_iter=500, line_search_fn="strong_wolfe", **exactly)

    def closure() -> torch.Tensor:
        solver.zero_grad()
        loss = expected_loss(objective, LOG_P, torch.log_softmax(logits, 0), COUNTING)
        loss.backward()
        return loss

    solver.step(closure)
    return torch.softmax(logits.detach(), 0)


@pytest.mark.parametrize(
    "objective",
    [MLE(MLE.Options()), ReverseKL(ReverseKL.Options()), JS(JS.Options(pi=0.2))],
    ids=lambda o: type(o).__name__,
)
def test_proper_objectives_recover_p(objective):
    torch.testing.assert_close(minimiser(objective), LOG_P.exp(), rtol=0, atol=1e-5)


def test_the_convex_loss_finds_the_escort():
    expected = torch.tensor([16, 9, 4, 1], dtype=torch.float64) / 30
    torch.testing.assert_close(minimiser(ConvexExp(ConvexExp.Options(order=0.5))), expected, rtol=0, atol=1e-5)


def test_mle_is_kl_and_the_entropy_of_p():
    log_q = torch.full_like(LOG_P, 0.25).log()
    loss = expected_loss(MLE(MLE.Options()), LOG_P, log_q, COUNTING)
    parts = divergence.kl(LOG_P, log_q, COUNTING) + divergence.entropy(LOG_P, COUNTING)
    torch.testing.assert_close(loss, parts)
