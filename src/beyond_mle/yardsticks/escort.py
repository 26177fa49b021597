"""The optimum of every likelihood objective over all distributions on a finite language.

`convex-exp` is solved in `closed_form`; on strings of one length T its optimum is the escort distribution of p of
exponent β = T/(T − k). Here: the escort itself, the power function's optimum, and the optimum of any objective by name.
"""

import math
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import lambertw, softmax, xlogy

from beyond_mle.errors import UserError
from beyond_mle.yardsticks import closed_form

Average = Literal["token", "sentence"]


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

    Karush-Kuhn-Tucker: with u = −log q, u^{k−1} e^u = λ / (p_i w_i T_i^{−k}), which Lambert's W solves. The loss is
    convex in q_i up to q_i = e^{k−1} only. So each condition has two solutions, of which at most one string can take
    the upper one; the better of the two distributions that sum to 1 is returned.

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

    def distribution(log_multiplier: float, upper: bool) -> np.ndarray:
        # u e^{−u/(1−k)} = (λ/gain)^{−1/(1−k)}, that is v e^v = argument with u = −(1−k) v
        argument_N = -np.exp((np.log(gain_N) - log_multiplier) / (1 - order)) / (1 - order)
        argument_N = np.maximum(argument_N, -np.exp(-1))  # rounding at the branch point
        v_N = lambertw(argument_N, -1).real
        if upper:
            v_N[mode] = lambertw(argument_N[mode], 0).real
        return np.exp((1 - order) * v_N)

    # The least λ for which every condition has a solution: there the likeliest string is where the branches meet.
    low = math.log(gain_N[mode]) + (1 - order) * (1 - math.log(1 - order))
    high = low + math.log(len(p_N)) + 50
    candidates = []
    for upper in (False, True):
        ends = [distribution(end, upper).sum() - 1 for end in (low, high)]
        if ends[0] * ends[1] <= 0:
            root = brentq(lambda x, upper=upper: distribution(x, upper).sum() - 1, low, high, xtol=1e-15, rtol=1e-15)
            candidates.append(distribution(root, upper))
    losses = [np.sum(gain_N * (-np.log(q_N)) ** order) for q_N in candidates]
    return candidates[int(np.argmin(losses))]
