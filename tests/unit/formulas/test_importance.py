"""Importance weights in logarithms: what they estimate, and that they neither overflow nor underflow."""

import math

import pytest
import torch

from beyond_mle.formulas.importance import effective_share, log_mean, log_weights

NORMAL = torch.distributions.Normal(torch.tensor(0.5), torch.tensor(2.0))


def test_the_mean_of_the_weights_is_the_normaliser() -> None:
    """e^f = 3 N(y; 0, 1), so that Z = 3."""
    draw = NORMAL.sample((200_000,))
    energy = math.log(3) + torch.distributions.Normal(0.0, 1.0).log_prob(draw)
    log_weight = log_weights(energy, NORMAL.log_prob(draw))
    assert log_mean(log_weight).item() == pytest.approx(math.log(3), abs=0.01)
    assert (log_weight.softmax(0) * draw.square()).sum().item() == pytest.approx(1.0, abs=0.02)


def test_a_perfect_proposal_has_equal_weights() -> None:
    draw = NORMAL.sample((50,))
    log_weight = log_weights(NORMAL.log_prob(draw) + 7, NORMAL.log_prob(draw))
    assert effective_share(log_weight).item() == pytest.approx(1.0)
    assert log_mean(log_weight).item() == pytest.approx(7.0)


def test_one_draw_that_outweighs_all_others_is_worth_one() -> None:
    assert effective_share(torch.tensor([[90.0, 0.0, 0.0, 0.0]])).tolist() == pytest.approx([0.25])


def test_energies_of_any_size_give_finite_estimates() -> None:
    energy = torch.tensor([[1e5, 0.0], [-1e5, -1e5]])
    log_weight = log_weights(energy, torch.zeros(2, 2))
    assert log_mean(log_weight).tolist() == pytest.approx([1e5 - math.log(2), -1e5])
    assert effective_share(log_weight).tolist() == pytest.approx([0.5, 1.0])


def test_a_density_that_underflows_gives_no_infinite_weight() -> None:
    log_q = torch.tensor([0.0, -torch.inf], requires_grad=True)
    mean = log_mean(log_weights(torch.zeros(2), log_q))
    (gradient,) = torch.autograd.grad(mean, log_q)
    assert mean.isfinite()
    assert gradient.isfinite().all()
