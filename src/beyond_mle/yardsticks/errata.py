"""Equations 2–18 of Huszár (2015) as printed and as corrected, both held against random distributions.

Every row measures how far the two sides of an equation lie apart, as printed and as corrected, for one draw of P, Q, ε
and π; for the statements about limits, at a π near the limit. `sheet` reports the largest of many draws.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import entr, rel_entr, softmax

from beyond_mle.yardsticks import scheduled_sampling

SIZES = (3, 4)
"""How many symbols there are at either position."""


@dataclass(frozen=True)
class Draw:
    """Two random joint distributions of a pair of symbols, and the knobs."""

    p: np.ndarray
    q: np.ndarray
    keep: float
    """ε."""
    pi: float
    """π, away from its limits."""
    near: float
    """A π near 0."""

    @property
    def q_parts(self) -> tuple[np.ndarray, np.ndarray]:
        """The model's first symbol, and its second given the first."""
        return self.q.sum(1), self.q / self.q.sum(1, keepdims=True)


@dataclass(frozen=True)
class Equation:
    """An equation, and how far its two sides lie apart."""

    name: str
    printed: str
    corrected: str
    """Empty where the paper is right."""
    deviations: Callable[[Draw], tuple[float, float]]
    """As printed and as corrected; the same where the paper is right."""


def sheet(seed: int, draws: int, near: float) -> Iterator[dict[str, str | float]]:
    """The rows of the errata table.

    Args:
        seed: of the random distributions.
        draws: how many.
        near: the π at which statements about π → 0 are measured.
    """
    rng = np.random.default_rng(seed)
    drawn = [
        Draw(*softmax(rng.standard_normal((2, *SIZES)), axis=(1, 2)), *rng.uniform(0.05, 0.95, size=2), near)
        for _ in range(draws)
    ]
    for equation in EQUATIONS:
        printed, corrected = np.abs([equation.deviations(draw) for draw in drawn]).max(axis=0)
        yield {
            "equation": equation.name,
            "as_printed": equation.printed,
            "corrected": equation.corrected or "as printed",
            "deviation_as_printed": float(printed),
            "deviation_corrected": float(corrected),
        }


def _kl(p: np.ndarray, q: np.ndarray) -> float:
    return float(rel_entr(p, q).sum())


def _js(p: np.ndarray, q: np.ndarray, pi: float) -> float:
    """JS_π of eq. 12."""
    middle = pi * p + (1 - pi) * q
    return pi * _kl(p, middle) + (1 - pi) * _kl(q, middle)


def _chi2(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum((p - q) ** 2 / q))


def _both(deviation: float) -> tuple[float, float]:
    return deviation, deviation


def _mutual_information(p: np.ndarray) -> float:
    return _kl(p, np.outer(p.sum(1), p.sum(0)))


def _sampled_loss(d: Draw, keep: float) -> float:
    """The expected loss of the algorithm itself, less the entropy of P, enumerated over true and shown symbols."""
    q_X, q_XY = d.q_parts
    shown_XZ = keep * np.eye(len(q_X)) + (1 - keep) * q_X  # Pr(shown z | true x₁)
    first = -np.sum(d.p.sum(1) * np.log(q_X))
    second = -np.einsum("xy,xz,zy->", d.p, shown_XZ, np.log(q_XY))
    return float(first + second - entr(d.p).sum())


def _alternative(d: Draw) -> float:
    """The right-hand side of eq. 4."""
    q_X, q_XY = d.q_parts
    p_XY = d.p / d.p.sum(1, keepdims=True)
    each_XZ = rel_entr(p_XY[:, None, :], q_XY[None, :, :]).sum(-1)
    return _kl(d.p.sum(1), q_X) + float(d.p.sum(1) @ each_XZ @ q_X)


def _eq3(d: Draw) -> tuple[float, float]:
    return _both(_kl(d.p, d.q) - scheduled_sampling.divergence(d.p, *d.q_parts, keep=1.0))


def _eq4(d: Draw) -> tuple[float, float]:
    return _both(_alternative(d) - _sampled_loss(d, keep=0.0))


def _eq5(d: Draw) -> tuple[float, float]:
    gap = _alternative(d) - scheduled_sampling.divergence(d.p, *d.q_parts, keep=0.0)
    return gap, gap - _mutual_information(d.p)


def _eq6(d: Draw) -> tuple[float, float]:
    gap = _sampled_loss(d, d.keep) - scheduled_sampling.divergence(d.p, *d.q_parts, d.keep)
    return gap, gap - (1 - d.keep) * _mutual_information(d.p)


def _not_constant(d: Draw, rest: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """How much D_SS − rest changes with Q, at fixed P and ε: from the drawn Q to Q = P."""
    changes = []
    for q in (d.q, d.p):
        q_X, q_XY = q.sum(1), q / q.sum(1, keepdims=True)
        changes.append(scheduled_sampling.divergence(d.p, q_X, q_XY, d.keep) - rest(q_X, q_XY))
    return changes[0] - changes[1]


def _identity(d: Draw) -> float:
    value = scheduled_sampling.divergence(d.p, *d.q_parts, d.keep)
    return value - scheduled_sampling.decomposition(d.p, *d.q_parts, d.keep)


def _eq7(d: Draw) -> tuple[float, float]:
    p_X, p_Y = d.p.sum(1), d.p.sum(0)

    def rest(q_X: np.ndarray, q_XY: np.ndarray) -> float:
        mixed_XY = d.keep * d.p / p_X[:, None] + (1 - d.keep) * (q_X / p_X)[:, None] * p_Y
        return _kl(p_X, q_X) + float(p_X @ rel_entr(mixed_XY, q_XY).sum(1))

    return _not_constant(d, rest), _identity(d)


def _eq8(d: Draw) -> tuple[float, float]:
    p_Y = d.p.sum(0)

    def rest(q_X: np.ndarray, q_XY: np.ndarray) -> float:
        return _kl(d.keep * d.p + (1 - d.keep) * np.outer(q_X, p_Y), q_X[:, None] * q_XY)

    return _not_constant(d, rest), _identity(d)


def _eq9(d: Draw) -> tuple[float, float]:
    excess = float(np.sum(d.q * -np.log(d.p))) + np.log(d.p.max())  # of any Q over the one-hot Q at the mode
    return max(excess, 0.0), max(-excess, 0.0)


def _eq10(d: Draw) -> tuple[float, float]:
    return _both(_kl(d.q, d.p) - float(np.sum(d.q * (np.log(d.q) - np.log(d.p)))))


def _eq11(d: Draw) -> tuple[float, float]:
    middle = (d.p + d.q) / 2
    return _both(_kl(d.p, middle) / 2 + _kl(d.q, middle) / 2 - _js(d.q, d.p, 0.5))


def _eq12(d: Draw) -> tuple[float, float]:
    """JS_π is the mutual information of an observation and the label that says whether it is from P or Q."""
    labelled = np.stack([d.pi * d.p.ravel(), (1 - d.pi) * d.q.ravel()])
    return _both(_js(d.p, d.q, d.pi) - _mutual_information(labelled))


def _eq13(d: Draw) -> tuple[float, float]:
    return _both(_js(d.p, d.q, d.pi) - _js(d.q, d.p, 1 - d.pi))


def _after_eq13(d: Draw) -> tuple[float, float]:
    return _both(max(_js(d.p, d.q, d.near), _js(d.p, d.q, 1 - d.near)))


def _before_eq14(d: Draw) -> tuple[float, float]:
    slope = _js(d.p, d.q, d.near) / d.near
    return slope - _kl(d.q, d.p), slope - _kl(d.p, d.q)


def _eq14(d: Draw) -> tuple[float, float]:
    middle = d.pi * d.p + (1 - d.pi) * d.q
    expanded = _kl(d.p, middle) + (1 - d.pi) / d.pi * _kl(d.q, middle)
    return _both(_js(d.p, d.q, d.pi) / d.pi - expanded)


def _eq15(d: Draw) -> tuple[float, float]:
    """The second term, in units of π."""
    middle = d.near * d.p + (1 - d.near) * d.q
    term = (1 - d.near) / d.near * _kl(d.q, middle) / d.near
    return term - _chi2(d.p, d.q), term - (1 - d.near) / 2 * _chi2(d.p, d.q)


def _eq16(d: Draw) -> tuple[float, float]:
    return _both(_js(d.p, d.q, d.near) / d.near - _kl(d.p, d.q))


def _eq17(d: Draw) -> tuple[float, float]:
    gap = _js(d.p, d.q, d.near) / d.near - _kl(d.p, d.q)
    return gap, gap + d.near / 2 * _chi2(d.p, d.q)


def _eq18(d: Draw) -> tuple[float, float]:
    js, reverse = _js(d.p, d.q, 1 - d.near), _kl(d.q, d.p)
    return js / (1 - d.near) - reverse, js / d.near - reverse


def _after_eq18(d: Draw) -> tuple[float, float]:
    """The best discriminator where a share π of what it sees is real (corrected) or false (printed)."""
    target = _js(d.p, d.q, d.pi) - float(entr([d.pi, 1 - d.pi]).sum())

    def best_value(real: float) -> float:
        says_real = real * d.p / (real * d.p + (1 - real) * d.q)
        return float(np.sum(real * d.p * np.log(says_real) + (1 - real) * d.q * np.log1p(-says_real)))

    return best_value(1 - d.pi) - target, best_value(d.pi) - target


EQUATIONS = (
    Equation("2–3", "D_ML = KL[P‖Q] = KL[P₁‖Q₁] + E_P₁ KL[P₂|z‖Q₂|z]", "", _eq3),
    Equation(
        "4", "D_alt = KL[P₁‖Q₁] + E_y~P₁ E_z~Q₁ KL[P₂|y‖Q₂|z] is the loss of always sampling, less H[P]", "", _eq4
    ),
    Equation("5", "(4) = KL[P₁‖Q₁] + E_Q₁ KL[P₂‖Q₂|z]", "(4) = (5) + I_P(x₁; x₂)", _eq5),
    Equation("6", "D_SS is the algorithm's loss, less H[P]", "… less H[P] and (1−ε) I_P(x₁; x₂)", _eq6),
    Equation(
        "7",
        "D_SS = KL[P₁‖Q₁] + E_P₁ KL[ε P₂|z + (1−ε)(Q₁/P₁) P₂‖Q₂|z] + constant (misprints mended)",
        "D_SS = KL[M‖Q] + KL[P₁‖Q₁] − KL[w‖Q₁] + Σ w JS_π(z)[P₂|z‖P₂]",
        _eq7,
    ),
    Equation(
        "8", "D_SS = KL[M‖Q] + constant, M = ε P + (1−ε) Q₁P₂", "as (7); a constant only if Q₁ = P₁ is held", _eq8
    ),
    Equation("9", "−E_Q log P is maximised by a Q that picks the mode", "… is minimised …", _eq9),
    Equation("10", "KL[Q‖P] = −E_Q log P + E_Q log Q", "", _eq10),
    Equation("11", "JSD[P‖Q] = JSD[P‖Q] = ½ KL[P‖M] + ½ KL[Q‖M]", "JSD[P‖Q] = JSD[Q‖P] = … (a misprint)", _eq11),
    Equation("12", "JS_π[P‖Q] = π KL[P‖M] + (1−π) KL[Q‖M] (is the information of x on its label)", "", _eq12),
    Equation("13", "JS_π[P‖Q] = JS_1−π[Q‖P]", "", _eq13),
    Equation("after 13", "JS_π → 0 at π → 0 and at π → 1", "", _after_eq13),
    Equation("before 14", "∂JS_π/∂π at π → 0 is KL[Q‖P]", "… is KL[P‖Q]; at π → 1 it is −KL[Q‖P]", _before_eq14),
    Equation("14", "JS_π/π = KL[P‖M] + (1−π)/π KL[Q‖M]", "", _eq14),
    Equation("15", "second term of (14) ≈ π (P−Q)ᵀH(P−Q)", "… ≈ π (1−π)/2 (P−Q)ᵀH(P−Q), H = diag(1/Q)", _eq15),
    Equation("16", "lim JS_π/π = KL[P‖Q] at π → 0", "", _eq16),
    Equation("17", "JS_π/π ≈ KL[P‖Q]", "JS_π/π = KL[P‖Q] − (π/2) χ²(P‖Q) + O(π²)", _eq17),
    Equation("18", "JS_1−π/(1−π) ≈ KL[Q‖P] at π → 0", "JS_1−π/π ≈ KL[Q‖P]", _eq18),
    Equation(
        "after 18",
        "π is the share of false samples: max_D V = JS_π − H(π)",
        "π is the share of real samples: max_D V = JS_π − H(π)",
        _after_eq18,
    ),
)
