"""The optimum of token-level objectives over all distributions.

The loss of one context (what precedes the token, and the source) is E_p[ℓ(q, y)]. On a finite language, trained token
by token, contexts share nothing if the model is unrestricted, so each has its own optimum. In names of tensors, V
counts the outcomes of a context and N the strings of a language.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from scipy.special import softmax

ContextOptimum = Callable[[np.ndarray], np.ndarray]
"""p_V of a context → its optimal q_V."""


def power(p_V: np.ndarray, alpha: float) -> np.ndarray:
    """The minimiser of E_p[(1 − q^α)/α], α > 0: ∝ p^{1/(1−α)}; one-hot at the likeliest outcome for α ≥ 1.

    >>> power(np.array([0.5, 0.3, 0.15, 0.05]), 0.5).round(3)
    array([0.685, 0.247, 0.062, 0.007])
    """
    if alpha >= 1:
        return np.eye(len(p_V))[np.argmax(p_V)]
    with np.errstate(divide="ignore"):
        return softmax(np.log(p_V) / (1 - alpha))


def brier(p_V: np.ndarray) -> np.ndarray:
    """The minimiser of E_p[‖q‖² − 2 q_y]: p itself, since the loss is ‖q − p‖² − ‖p‖²."""
    return p_V


def language(support: Sequence[Sequence[Hashable]], weight_N: np.ndarray, optimum: ContextOptimum) -> np.ndarray:
    """The optimal probability of each string, where each symbol is predicted from those before it.

    Args:
        support: the strings.
        weight_N: the weight of each string's tokens in the loss, up to a factor: p where the loss is an average over
            tokens, p/T where it is one over sentences.
        optimum: of one context.

    Returns:
        q_N; what precedes a symbol, or the end, is its context.
    """
    end = object()
    paths = [[(tuple(string[:t]), symbol) for t, symbol in enumerate((*string, end))] for string in support]
    weight: dict[tuple, dict[Hashable, float]] = defaultdict(lambda: defaultdict(float))
    for path, weight_of_string in zip(paths, weight_N, strict=True):
        for context, symbol in path:
            weight[context][symbol] += weight_of_string
    q: dict[tuple, dict[Hashable, float]] = {}
    for context, following in weight.items():
        weight_V = np.array(list(following.values()))
        q[context] = dict(zip(following, optimum(weight_V / weight_V.sum()), strict=True))
    return np.array([np.prod([q[context][symbol] for context, symbol in path]) for path in paths])
