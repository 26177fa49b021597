"""What `convex-exp` converges to if the model can represent every distribution, over the support of p.

The objective is max over q in the simplex of Σ_i p_i w_i q_i^{k/T_i}. T_i is the length of output i, boundary
symbols included; w_i = T_i if a batch averages over its tokens, 1 if over its sentences. While k < T_i the
sum is concave, and at its optimum p_i w_i (k/T_i) q_i^{k/T_i − 1} = λ for all i (Karush-Kuhn-Tucker). With
equal lengths this is q ∝ p^β, β = T/(T − k).
"""

from collections.abc import Hashable, Mapping
from typing import Literal, TypeVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from beyond_mle.errors import UserError

Symbol = TypeVar("Symbol", bound=Hashable)


def optimum(p_N: np.ndarray, length_N: np.ndarray, order: float, average: Literal["token", "sentence"]) -> np.ndarray:
    """The optimal q over the support of p.

    Args:
        p_N: positive probabilities of the outputs; they sum to 1.
        length_N: T of each output, with the boundary symbols that the model's family counts as tokens.
        order: k ≥ 0. 0 is the limit k → 0: p itself for token averages, ∝ p/T for sentence averages.
        average: what the batch loss averages over: tokens (autoregressive) or sentences (the others).

    Returns:
        q_N. One-hot where k ≥ every T_i, since the objective is convex then and its maximum a vertex.

    Raises:
        UserError: if k reaches some lengths but not all: neither concave nor convex.
    """
    log_p_N, length_N = np.log(p_N), np.asarray(length_N, dtype=np.float64)
    log_weighted_N = log_p_N + (np.log(length_N) if average == "token" else 0.0)
    if order >= length_N.max():
        return np.eye(len(p_N))[np.argmax(log_weighted_N)]
    if order >= length_N.min():
        raise UserError(
            f"the closed form of convex-exp needs an order below the shortest output's length, "
            f"{length_N.min():g} tokens: lower the order {order:g}"
        )
    # Dividing the condition by k changes only λ, and covers k → 0. So log q = (slope_N − log λ)·exponent_N.
    slope_N, exponent_N = log_weighted_N - np.log(length_N), 1 / (1 - order / length_N)

    def excess(log_multiplier: float) -> float:
        return float(logsumexp((slope_N - log_multiplier) * exponent_N))

    # At max(slope) one q is 1 or more; at the upper end each q is at most 1/N.
    low, high = slope_N.max(), slope_N.max() + np.log(len(p_N)) + 1
    log_q_N = (slope_N - brentq(excess, low, high, xtol=1e-14)) * exponent_N
    return np.exp(log_q_N - logsumexp(log_q_N))


def greedy_of(q: Mapping[tuple[Symbol, ...], float]) -> tuple[Symbol, ...]:
    """What greedy search finds in an autoregressive model with exactly this distribution.

    From left to right the likeliest next token, or end, given the tokens so far (ties: the first in `q`).
    """
    prefix: tuple[Symbol, ...] = ()
    while True:
        mass: dict[tuple[Symbol, ...], float] = {}
        for tokens, probability in q.items():
            if tokens[: len(prefix)] == prefix:
                following = tokens[len(prefix) : len(prefix) + 1]  # empty: the end
                mass[following] = mass.get(following, 0.0) + probability
        best = max(mass, key=mass.__getitem__)
        if not best:
            return prefix
        prefix += best
