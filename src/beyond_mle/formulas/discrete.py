"""Two distributions over the same finite list of outcomes, in NumPy."""

import numpy as np
from scipy.special import rel_entr


def js(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """JS_½[P‖Q] in nats; `divergence.js` without PyTorch."""
    m_N = (p_N + q_N) / 2
    return float(rel_entr(p_N, m_N).sum() + rel_entr(q_N, m_N).sum()) / 2


def total_variation(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """½ Σ |p − q|: the largest difference between the probabilities that they give to any set of outcomes."""
    return float(np.abs(p_N - q_N).sum()) / 2
