"""Scheduled sampling in closed form (Huszár 2015, section 4), corrected where the paper errs.

Pairs (x_1, x_2) with joint p_XY: rows are x_1, columns x_2. The model is q_X, its first symbol, and q_XY, its second
symbol given the first, rows summing to 1. `epsilon` is ε, the probability that the model sees the true symbol.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import rel_entr


def divergence(p_XY: np.ndarray, q_X: np.ndarray, q_XY: np.ndarray, epsilon: float) -> float:
    """D_SS of eq. 6: the expected loss of the algorithm, less what does not depend on the model."""
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    kept = rel_entr(p_XY, p_X[:, None] * q_XY).sum()
    replaced = q_X @ rel_entr(p_Y, q_XY).sum(1)
    return float(rel_entr(p_X, q_X).sum() + epsilon * kept + (1 - epsilon) * replaced)


def decomposition(p_XY: np.ndarray, q_X: np.ndarray, q_XY: np.ndarray, epsilon: float) -> float:
    """What eq. 7–8 should say: D_SS = KL[M‖Q] + KL[P₁‖Q₁] − KL[w‖Q₁] + Σ_z w(z) JS_π(z)[P_{2|z}‖P₂].

    M(z, ·) = ε P(z, ·) + (1−ε) Q₁(z) P₂ is a joint distribution with first marginal w, and π(z) = ε P₁(z) / w(z). The
    last term depends on Q₁: what the paper calls a constant is one only while Q₁ is held fixed.
    """
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    mixture_XY = epsilon * p_XY + (1 - epsilon) * q_X[:, None] * p_Y
    w_X = mixture_XY.sum(1)
    share_X = epsilon * p_X / w_X
    middle_XY = mixture_XY / w_X[:, None]
    towards_conditional_X = rel_entr(p_XY / p_X[:, None], middle_XY).sum(1)
    towards_marginal_X = rel_entr(p_Y, middle_XY).sum(1)
    js_X = share_X * towards_conditional_X + (1 - share_X) * towards_marginal_X
    joint = rel_entr(mixture_XY, q_X[:, None] * q_XY).sum()
    return float(joint + rel_entr(p_X, q_X).sum() - rel_entr(w_X, q_X).sum() + w_X @ js_X)


def best_conditional(p_XY: np.ndarray, q_X: np.ndarray, epsilon: float) -> np.ndarray:
    """The q_XY that minimises D_SS for a given q_X: P(x₂ | the symbol that the model sees)."""
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    seen_XY = epsilon * p_XY + (1 - epsilon) * q_X[:, None] * p_Y
    return seen_XY / (epsilon * p_X + (1 - epsilon) * q_X)[:, None]


def best_conditional_argmax(p_XY: np.ndarray, q_X: np.ndarray, epsilon: float) -> np.ndarray:
    """The same where the likeliest symbol stands for a sampled one (footnote 2): only its row changes."""
    p_X, m = p_XY.sum(1), int(np.argmax(q_X))
    q_XY = p_XY / p_X[:, None]
    q_XY[m] = (epsilon * p_XY[m] + (1 - epsilon) * p_XY.sum(0)) / (epsilon * p_X[m] + 1 - epsilon)
    return q_XY


def fixed_point(p_XY: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the algorithm as it is run comes to rest: q_X, q_XY.

    No gradient passes through the sampled symbol, so q_X = P₁, and the joint is ε P + (1−ε) P₁P₂.
    """
    p_X = p_XY.sum(1)
    return p_X, best_conditional(p_XY, p_X, epsilon)


def minimiser(p_XY: np.ndarray, epsilon: float, tolerance: float = 1e-14) -> tuple[np.ndarray, np.ndarray]:
    """The minimiser of eq. 6 as a function of both: q_X, q_XY.

    By the envelope theorem q_X = P₁ / (λ + (1−ε) KL[P₂‖q_{2|z}]), where λ makes it sum to 1; iterated to rest.
    """
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    q_X, change = p_X, np.inf
    while change > tolerance:
        cost_X = (1 - epsilon) * rel_entr(p_Y, best_conditional(p_XY, q_X, epsilon)).sum(1)
        cheapest = int(np.argmin(cost_X))
        low, high = p_X[cheapest] - cost_X[cheapest], 1 + 1e-9 - cost_X[cheapest]  # the sum is ≥ 1, and < 1
        multiplier = brentq(lambda x, cost_X=cost_X: np.sum(p_X / (x + cost_X)) - 1, low, high, xtol=1e-16)
        updated_X = p_X / (multiplier + cost_X)
        q_X, change = updated_X / updated_X.sum(), np.abs(updated_X - q_X).max()
    return q_X, best_conditional(p_XY, q_X, epsilon)


def predictors(p: np.ndarray, epsilon: float) -> list[np.ndarray]:
    """The fixed point for strings of any one length, by enumeration.

    The model learns Q_n(· | c) = Σ_x Pr(x_<n | c) P(x_n | x_<n): of a corrupted prefix c it knows only what c says of
    the clean one.

    Args:
        p: the joint distribution, an axis per position.
        epsilon: ε, at every position.

    Returns:
        For each position n, Q_n with an axis per position up to n. With ε = 0 it is P(x_n) whatever the prefix.
    """
    conditionals = []
    joint_XC = np.ones((1, 1))  # Pr(clean prefix, corrupted prefix)
    for n, size in enumerate(p.shape):
        marginal_XV = p.sum(axis=tuple(range(n + 1, p.ndim))).reshape(-1, size)
        next_XV = marginal_XV / marginal_XV.sum(1, keepdims=True)
        q_CV = joint_XC.T @ next_XV / joint_XC.sum(0)[:, None]
        conditionals.append(q_CV.reshape(*p.shape[: n + 1]))
        shown_CVW = epsilon * np.eye(size) + (1 - epsilon) * q_CV[:, None, :]
        joint_XVCW = np.einsum("xc,xv,cvw->xvcw", joint_XC, next_XV, shown_CVW)
        joint_XC = joint_XVCW.reshape(len(next_XV) * size, -1)
    return conditionals


def joint(conditionals: list[np.ndarray]) -> np.ndarray:
    """The distribution of the strings that a model with these conditionals generates."""
    result = np.ones(())
    for conditional in conditionals:
        result = result[..., None] * conditional
    return result
