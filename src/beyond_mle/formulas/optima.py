"""Optima over all distributions on a finite language: the escort distribution, and that of the power function.

On strings of one length T the optimum of `convex-exp` is the escort of p of exponent β = T/(T − k); see
`exponential_optimum` for mixed lengths.
"""

import math
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

Average = Literal["token", "sentence"]
NEWTON_STEPS = 60
"""Enough for a double root, towards which each step halves the distance."""


def exponent(length: float, order: float) -> float:
    """β = T/(T − k): how far `convex-exp` of order k sharpens strings of length T; infinite for k ≥ T.

    >>> exponent(25, 1)
    1.0416666666666667
    """
    return length / (length - order) if order < length else math.inf


def escort(p_N: np.ndarray, beta: float) -> np.ndarray:
    """p^β / Σ p^β, for positive p and β ≥ 0; one-hot at the likeliest string for β = ∞."""
    if math.isinf(beta):
        return np.eye(len(p_N))[np.argmax(p_N)]
    return softmax(beta * np.log(p_N))


def power_optimum(p_N: np.ndarray, length_N: np.ndarray, order: float, average: Average) -> np.ndarray:
    """The q that minimises Σ_i p_i w_i (−log q_i / T_i)^k, w_i = T_i for token averages and 1 for sentence averages.

    Karush-Kuhn-Tucker: with u = −log q, u − (1−k) log u = log λ − log(p_i w_i T_i^{−k}) for all i. The loss is convex
    in q_i up to q_i = e^{k−1} only. So each condition has two solutions, of which at most one string, the likeliest,
    can take the upper one; the best of the distributions that sum to 1 is returned.

    Args:
        p_N: positive probabilities.
        length_N: T of each string.
        order: k, 0 < k ≤ 1; at 1 this is maximum likelihood.
        average: what the batch loss averages over.
    """
    gain_N = p_N * length_N ** -float(order) * (length_N if average == "token" else 1.0)
    if order == 1:
        return gain_N / gain_N.sum()
    mode = int(np.argmax(gain_N))

    def surprisal(log_multiplier: float, upper: bool) -> np.ndarray:
        level_N = log_multiplier - np.log(gain_N)
        u_N = _surprisal(level_N, 1 - order, upper=False)
        if upper:
            u_N[mode] = _surprisal(level_N[mode : mode + 1], 1 - order, upper=True)[0]
        return u_N

    def excess(log_multiplier: float, upper: bool) -> float:
        """Σ q − 1, exact where one q is almost 1."""
        u_N = surprisal(log_multiplier, upper)
        return float(np.exp(-np.delete(u_N, mode)).sum() + np.expm1(-u_N[mode]))

    # From the least λ at which every condition has a solution: there the two solutions of the likeliest string meet.
    low = math.log(gain_N[mode]) + (1 - order) * (1 - math.log(1 - order))
    grid = np.linspace(low, low + math.log(len(p_N)) + 30, 100)
    candidates = []
    for upper in (False, True):
        signs = np.sign([excess(point, upper) for point in grid])
        for i in np.flatnonzero(signs[:-1] != signs[1:]):
            root = brentq(excess, grid[i], grid[i + 1], args=(upper,), xtol=1e-15)
            candidates.append(surprisal(root, upper))
    return np.exp(-min(candidates, key=lambda u_N: np.sum(gain_N * u_N**order)))


def _surprisal(level_N: np.ndarray, slope: float, upper: bool) -> np.ndarray:
    """u with u − slope·log u = level: the smaller solution (a high probability) if `upper`, else the larger one.

    Newton's method in t = log u, in which the equation is convex: from outside it cannot overshoot.
    """
    level_N = np.maximum(level_N, slope - slope * math.log(slope))  # below, by rounding, there is no solution
    t_N = -level_N / slope if upper else np.log(2 * np.abs(level_N) + 2 * slope + 1)
    for _ in range(NEWTON_STEPS):
        value_N, derivative_N = np.exp(t_N) - slope * t_N - level_N, np.exp(t_N) - slope
        step_N = np.divide(value_N, derivative_N, out=np.zeros_like(t_N), where=value_N > 0)
        t_N = t_N - step_N
        if np.abs(step_N).max() < 1e-15:
            break
    return np.exp(t_N)
