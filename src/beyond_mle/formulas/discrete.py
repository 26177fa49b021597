"""Distributions over finite lists of outcomes, in NumPy; `divergence` has the same and more in PyTorch."""

import numpy as np
from scipy.special import rel_entr


def kl(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """KL[P‖Q] in nats; infinite if q excludes an outcome of p."""
    return float(rel_entr(p_N, q_N).sum())


def js(p_N: np.ndarray, q_N: np.ndarray, pi: float = 0.5) -> float:
    """JS_π[P‖Q] in nats (Huszár 2015, eq. 12)."""
    m_N = pi * p_N + (1 - pi) * q_N
    return pi * kl(p_N, m_N) + (1 - pi) * kl(q_N, m_N)


def total_variation(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """½ Σ |p − q|: the largest difference between the probabilities that they give to any set of outcomes."""
    return float(np.abs(p_N - q_N).sum()) / 2


def mutual_information(p_XY: np.ndarray) -> float:
    """I(X; Y) in nats of a joint distribution."""
    return kl(p_XY, np.outer(p_XY.sum(1), p_XY.sum(0)))
