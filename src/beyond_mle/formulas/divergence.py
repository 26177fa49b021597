"""Divergences between two densities on the points of an enumeration or a quadrature grid.

Everything takes log p, log q and the logarithm of each point's quadrature weight (0 for probabilities of atoms), and
is differentiable in all of them. Sums stay in the log domain where a ratio could overflow. Values are in nats.
N: points. Equation numbers are those of Huszár (2015).
"""

import math

import torch
from torch import Tensor


def expectation(log_p_N: Tensor, value_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """E_p[value]; points of probability zero do not count, whatever the value there."""
    return torch.where(log_p_N == -math.inf, 0.0, (log_p_N + log_weight_N).exp() * value_N).sum(-1)


def entropy(log_p_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """H[P] = −E_p[log p]; for a density the differential entropy."""
    return -expectation(log_p_N, log_p_N, log_weight_N)


def binary_entropy(pi: float) -> float:
    """H_b(π) of a coin."""
    return -pi * math.log(pi) - (1 - pi) * math.log1p(-pi)


def kl(log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """KL[P‖Q] = E_p[log p − log q]."""
    return expectation(log_p_N, log_p_N - log_q_N, log_weight_N)


def reverse_kl(log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """KL[Q‖P] (eq. 10)."""
    return kl(log_q_N, log_p_N, log_weight_N)


def js(log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor, pi: float) -> Tensor:
    """JS_π[P‖Q] = π KL[P‖M] + (1−π) KL[Q‖M], M = πP + (1−π)Q (eq. 12).

    This is what a sample says about its source, p with probability π or q; so it lies between 0 and H_b(π).
    JS_π/π → KL[P‖Q] for π → 0, and JS_π/(1−π) → KL[Q‖P] for π → 1.
    """
    log_m_N = log_mixture(log_p_N, log_q_N, pi)
    return pi * kl(log_p_N, log_m_N, log_weight_N) + (1 - pi) * kl(log_q_N, log_m_N, log_weight_N)


def chi_squared(log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """χ²(P‖Q) = ∫ (p − q)² / q: JS_π = π KL[P‖Q] − π²/2 χ²(P‖Q) + O(π³)."""
    return expectation(log_q_N, torch.expm1(log_p_N - log_q_N).square(), log_weight_N)


def renyi(log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor, order: float) -> Tensor:
    """Rényi's divergence D_a[P‖Q] = log ∫ p^a q^(1−a) / (a − 1) of order a > 0; KL[P‖Q] is its limit at a = 1."""
    if order == 1:
        return kl(log_p_N, log_q_N, log_weight_N)
    log_terms_N = torch.where(log_p_N == -math.inf, -math.inf, order * log_p_N + (1 - order) * log_q_N)
    return torch.logsumexp(log_terms_N + log_weight_N, -1) / (order - 1)


def adversarial_value(logit_N: Tensor, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor, pi: float) -> Tensor:
    """V_π(D) = π E_p[log D] + (1−π) E_q[log(1−D)] of a discriminator D = sigmoid(logit), which says "p".

    π is how often it is shown p. Its maximum over D is JS_π − H_b(π), at `optimal_logit`.
    """
    real = expectation(log_p_N, torch.nn.functional.logsigmoid(logit_N), log_weight_N)
    fake = expectation(log_q_N, torch.nn.functional.logsigmoid(-logit_N), log_weight_N)
    return pi * real + (1 - pi) * fake


def optimal_logit(log_p_N: Tensor, log_q_N: Tensor, pi: float) -> Tensor:
    """The logit of the optimal discriminator D* = πp / (πp + (1−π)q)."""
    return log_p_N - log_q_N + math.log(pi) - math.log1p(-pi)


def js_estimate(at_p: tuple[Tensor, Tensor], at_q: tuple[Tensor, Tensor], pi: float) -> tuple[Tensor, Tensor]:
    """A Monte-Carlo estimate of JS_π from independent samples of p and q.

    Args:
        at_p: log p and log q at samples of p; their number may differ from that of q's.
        at_q: log p and log q at samples of q.
        pi: the weight of p.

    Returns:
        The estimate, unbiased, and its standard error.
    """
    term_p_N = at_p[0] - log_mixture(*at_p, pi)
    term_q_N = at_q[1] - log_mixture(*at_q, pi)
    variance = pi**2 * term_p_N.var() / len(term_p_N) + (1 - pi) ** 2 * term_q_N.var() / len(term_q_N)
    return pi * term_p_N.mean() + (1 - pi) * term_q_N.mean(), variance.sqrt()


def log_mixture(log_p_N: Tensor, log_q_N: Tensor, pi: float) -> Tensor:
    """log(πp + (1−π)q)."""
    return torch.logaddexp(log_p_N + math.log(pi), log_q_N + math.log1p(-pi))
