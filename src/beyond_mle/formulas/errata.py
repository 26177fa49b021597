"""Equations 2–18 of Huszár (2015) as printed and as corrected, both held against random distributions.

What is measured is how far the two sides of an equation lie apart, as printed and as corrected, for one draw of P, Q, ε
and π; for the statements about limits, at a π near the limit. Of many draws the largest counts: `sheet` is a table of
them, `scorecard` says which statements they bear out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import entr, rel_entr, softmax

from beyond_mle.formulas import scheduled_sampling_optima
from beyond_mle.formulas.discrete import js, kl, mutual_information

SIZES = (3, 4)
"""How many symbols there are at either position."""
SEED, DRAWS, NEAR = 0, 200, 1e-5
"""Of the random distributions the seed and number, and the π at which statements about π → 0 are measured."""


@dataclass(frozen=True)
class Draw:
    """Two random joint distributions of a pair of symbols, and the hyper-parameters."""

    p: np.ndarray
    q: np.ndarray
    epsilon: float
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

    place: str
    """In the paper."""
    printed: str
    """What it says; mere misprints are mended."""
    corrected: str
    """Empty where the paper is right."""
    deviations: Callable[[Draw], tuple[float, float]]
    """As printed and as corrected; the same where the paper is right, unless a closer equation is known."""
    within: float = 1e-9
    """Up to which deviation the sides count as equal."""
    closer: str = ""
    """A closer equation, where the paper is right but approximate."""
    by_definition: bool = False
    """Whether it holds by definition, and so is no claim."""


def sheet(seed: int = SEED, draws: int = DRAWS, near: float = NEAR) -> Iterator[dict[str, str | float]]:
    """The rows of the errata table, from `draws` random pairs of distributions; limits are measured at π = `near`."""
    for equation, printed, corrected in _measured(seed, draws, near):
        yield {
            "equation": equation.place.replace("eq. ", ""),
            "as_printed": equation.printed,
            "corrected": equation.corrected or equation.closer or "as printed",
            "deviation_as_printed": printed,
            "deviation_corrected": corrected,
        }


def scorecard(seed: int = SEED, draws: int = DRAWS, near: float = NEAR) -> Iterator[dict[str, Any]]:
    """A row for the scorecard per equation: whether it holds as printed, and what holds instead."""
    for equation, printed, corrected in _measured(seed, draws, near):
        if not equation.by_definition:
            yield _row(equation, printed, corrected)


def _row(equation: Equation, printed: float, corrected: float) -> dict[str, Any]:
    value = round(printed, 12)  # what is less is of the arithmetic
    name = "huszar-" + equation.place.replace(".", "").replace(" ", "-").replace("–", "-")
    holds = value <= equation.within
    beside = f"{equation.corrected}: apart by at most {corrected:.0e}" if equation.corrected else ""
    return {
        "id": name,
        "claim": name,
        "family": "mathematics",
        "source": f"Huszár 2015, {equation.place}",
        "supposed": False,
        "statement": equation.printed,
        "case": "",
        "task": None,
        "paper": None,
        "metric": "deviation",
        "unit": "",
        **dict.fromkeys(("measured", "low", "high"), value),
        **dict.fromkeys(("p", "q", "holm", "matters", "n_seeds", "needed")),
        "verdict": "holds" if holds else "fails",
        "seeds": {},
        "items": 0,
        "systems": [],
        "note": f"holds corrected: {beside}" if beside else "",
    }


def _measured(seed: int, draws: int, near: float) -> Iterator[tuple[Equation, float, float]]:
    """Every equation with its largest deviations, as printed and as corrected, in six digits as tables print them."""
    rng = np.random.default_rng(seed)
    drawn = [
        Draw(p, q, epsilon, pi, near)
        for _ in range(draws)
        for p, q in [softmax(rng.standard_normal((2, *SIZES)), axis=(1, 2))]
        for epsilon, pi in [rng.uniform(0.05, 0.95, size=2)]
    ]
    for equation in EQUATIONS:
        printed, corrected = np.abs([equation.deviations(draw) for draw in drawn]).max(axis=0)
        yield equation, float(f"{printed:.6g}"), float(f"{corrected:.6g}")


def _chi2(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum((p - q) ** 2 / q))


def _both(deviation: float) -> tuple[float, float]:
    return deviation, deviation


def _sampled_loss(d: Draw, epsilon: float) -> float:
    """The expected loss of the algorithm itself, less the entropy of P, enumerated over true and shown symbols."""
    q_X, q_XY = d.q_parts
    shown_XZ = epsilon * np.eye(len(q_X)) + (1 - epsilon) * q_X  # Pr(shown z | true x₁)
    first = -np.sum(d.p.sum(1) * np.log(q_X))
    second = -np.einsum("xy,xz,zy->", d.p, shown_XZ, np.log(q_XY))
    return float(first + second - entr(d.p).sum())


def _alternative(d: Draw) -> float:
    """The right-hand side of eq. 4."""
    q_X, q_XY = d.q_parts
    p_XY = d.p / d.p.sum(1, keepdims=True)
    each_XZ = rel_entr(p_XY[:, None, :], q_XY[None, :, :]).sum(-1)
    return kl(d.p.sum(1), q_X) + float(d.p.sum(1) @ each_XZ @ q_X)


def _eq3(d: Draw) -> tuple[float, float]:
    return _both(kl(d.p, d.q) - scheduled_sampling_optima.divergence(d.p, *d.q_parts, epsilon=1.0))


def _eq4(d: Draw) -> tuple[float, float]:
    return _both(_alternative(d) - _sampled_loss(d, epsilon=0.0))


def _eq5(d: Draw) -> tuple[float, float]:
    gap = _alternative(d) - scheduled_sampling_optima.divergence(d.p, *d.q_parts, epsilon=0.0)
    return gap, gap - mutual_information(d.p)


def _eq6(d: Draw) -> tuple[float, float]:
    objective = scheduled_sampling_optima.divergence(d.p, *d.q_parts, d.epsilon)
    always = scheduled_sampling_optima.divergence(d.p, *d.q_parts, epsilon=0.0)
    gap = _sampled_loss(d, d.epsilon) - objective
    mixture = d.epsilon * kl(d.p, d.q) + (1 - d.epsilon) * always
    return mixture - objective, gap - (1 - d.epsilon) * mutual_information(d.p)


def _not_constant(d: Draw, rest: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """How much D_SS − rest changes with Q, at fixed P and ε: from the drawn Q to Q = P."""
    changes = []
    for q in (d.q, d.p):
        q_X, q_XY = q.sum(1), q / q.sum(1, keepdims=True)
        changes.append(scheduled_sampling_optima.divergence(d.p, q_X, q_XY, d.epsilon) - rest(q_X, q_XY))
    return changes[0] - changes[1]


def _identity(d: Draw) -> float:
    value = scheduled_sampling_optima.divergence(d.p, *d.q_parts, d.epsilon)
    return value - scheduled_sampling_optima.decomposition(d.p, *d.q_parts, d.epsilon)


def _eq7(d: Draw) -> tuple[float, float]:
    p_X, p_Y = d.p.sum(1), d.p.sum(0)

    def rest(q_X: np.ndarray, q_XY: np.ndarray) -> float:
        mixed_XY = d.epsilon * d.p / p_X[:, None] + (1 - d.epsilon) * (q_X / p_X)[:, None] * p_Y
        return kl(p_X, q_X) + float(p_X @ rel_entr(mixed_XY, q_XY).sum(1))

    return _not_constant(d, rest), _identity(d)


def _eq8(d: Draw) -> tuple[float, float]:
    p_Y = d.p.sum(0)

    def rest(q_X: np.ndarray, q_XY: np.ndarray) -> float:
        return kl(d.epsilon * d.p + (1 - d.epsilon) * np.outer(q_X, p_Y), q_X[:, None] * q_XY)

    return _not_constant(d, rest), _identity(d)


def _eq9(d: Draw) -> tuple[float, float]:
    excess = float(np.sum(d.q * -np.log(d.p))) + np.log(d.p.max())  # of any Q over the one-hot Q at the mode
    return max(excess, 0.0), max(-excess, 0.0)


def _eq10(d: Draw) -> tuple[float, float]:
    return _both(kl(d.q, d.p) - float(np.sum(d.q * (np.log(d.q) - np.log(d.p)))))


def _eq11(d: Draw) -> tuple[float, float]:
    middle = (d.p + d.q) / 2
    return _both(kl(d.p, middle) / 2 + kl(d.q, middle) / 2 - js(d.q, d.p, 0.5))


def _eq12(d: Draw) -> tuple[float, float]:
    """JS_π is the mutual information of an observation and the label that says whether it is from P or Q."""
    labelled = np.stack([d.pi * d.p.ravel(), (1 - d.pi) * d.q.ravel()])
    return _both(js(d.p, d.q, d.pi) - mutual_information(labelled))


def _eq13(d: Draw) -> tuple[float, float]:
    return _both(js(d.p, d.q, d.pi) - js(d.q, d.p, 1 - d.pi))


def _after_eq13(d: Draw) -> tuple[float, float]:
    return _both(max(js(d.p, d.q, d.near), js(d.p, d.q, 1 - d.near)))


def _before_eq14(d: Draw) -> tuple[float, float]:
    slope = js(d.p, d.q, d.near) / d.near
    return slope - kl(d.q, d.p), slope - kl(d.p, d.q)


def _eq14(d: Draw) -> tuple[float, float]:
    middle = d.pi * d.p + (1 - d.pi) * d.q
    expanded = kl(d.p, middle) + (1 - d.pi) / d.pi * kl(d.q, middle)
    return _both(js(d.p, d.q, d.pi) / d.pi - expanded)


def _eq15(d: Draw) -> tuple[float, float]:
    gap = js(d.p, d.q, d.near) / d.near - kl(d.p, d.q)
    return gap, gap + d.near / 2 * _chi2(d.p, d.q)


def _eq18(d: Draw) -> tuple[float, float]:
    value, reverse = js(d.p, d.q, 1 - d.near), kl(d.q, d.p)
    return value / (1 - d.near) - reverse, value / d.near - reverse


def _after_eq18(d: Draw) -> tuple[float, float]:
    """The best discriminator where a share π of what it sees is real (corrected) or false (printed)."""
    target = js(d.p, d.q, d.pi) - float(entr([d.pi, 1 - d.pi]).sum())

    def best_value(real: float) -> float:
        says_real = real * d.p / (real * d.p + (1 - real) * d.q)
        return float(np.sum(real * d.p * np.log(says_real) + (1 - real) * d.q * np.log1p(-says_real)))

    return best_value(1 - d.pi) - target, best_value(d.pi) - target


EQUATIONS = (
    Equation("eq. 2–3", "D_ML = KL[P‖Q] = KL[P₁‖Q₁] + E_P₁ KL[P₂|z‖Q₂|z]", "", _eq3),
    Equation(
        "eq. 4", "D_alt = KL[P₁‖Q₁] + E_y~P₁ E_z~Q₁ KL[P₂|y‖Q₂|z] is the loss of always sampling, less H[P]", "", _eq4
    ),
    Equation(
        "eq. 5",
        "D_alt of eq. 4 = KL[P₁‖Q₁] + E_Q₁ KL[P₂‖Q₂|z]",
        "D_alt of eq. 4 = KL[P₁‖Q₁] + E_Q₁ KL[P₂‖Q₂|z] + I_P(x₁; x₂)",
        _eq5,
    ),
    Equation(
        "eq. 6",
        "D_SS is the convex combination ε D_ML + (1−ε) D_alt of eq. 3 and eq. 5",
        "",
        _eq6,
        closer="the loss of the algorithm is D_SS + H[P] + (1−ε) I_P(x₁; x₂)",
    ),
    Equation(
        "eq. 7",
        "D_SS is a KL divergence with KL[P₁‖Q₁] and a constant (misprints mended)",
        "D_SS = KL[M‖Q] + KL[P₁‖Q₁] − KL[w‖Q₁] + Σ w JS_π(z)[P₂|z‖P₂], M = ε P + (1−ε) Q₁P₂ with first marginal w",
        _eq7,
    ),
    Equation(
        "eq. 8",
        "D_SS = KL[M‖Q] + a constant, M = ε P + (1−ε) Q₁P₂",
        "What is added to KL[M‖Q] changes with Q₁, as in eq. 7 corrected",
        _eq8,
    ),
    Equation(
        "eq. 9",
        "−E_Q log P is maximised by a Q that picks the mode",
        "−E_Q log P is minimised by a Q that picks the mode",
        _eq9,
    ),
    Equation("eq. 10", "KL[Q‖P] = −E_Q log P + E_Q log Q", "", _eq10, by_definition=True),
    Equation("eq. 11", "JS_½ is symmetric: JSD[P‖Q] = JSD[Q‖P] (a misprint mended)", "", _eq11),
    Equation(
        "eq. 12",
        "JS_π[P‖Q] = π KL[P‖M] + (1−π) KL[Q‖M], the information of an observation on its label",
        "",
        _eq12,
        by_definition=True,
    ),
    Equation("eq. 13", "JS_π[P‖Q] = JS_1−π[Q‖P]", "", _eq13, by_definition=True),
    Equation("after eq. 13", "JS_π tends to 0 for π → 0 and for π → 1", "", _after_eq13, within=1e-3),
    Equation(
        "before eq. 14",
        "The slope of JS_π at π → 0 is KL[Q‖P]",
        "The slope of JS_π at π → 0 is KL[P‖Q]",
        _before_eq14,
        within=1e-3,
    ),
    Equation("eq. 14", "JS_π/π = KL[P‖M] + (1−π)/π KL[Q‖M]", "", _eq14, by_definition=True),
    Equation(
        "eq. 15–17",
        "JS_π/π tends to KL[P‖Q] for π → 0",
        "",
        _eq15,
        within=1e-3,
        closer="JS_π/π = KL[P‖Q] − (π/2) χ²(P‖Q) + O(π²)",
    ),
    Equation("eq. 18", "JS_1−π/(1−π) ≈ KL[Q‖P] for small π", "JS_1−π/π ≈ KL[Q‖P] for small π", _eq18, within=1e-3),
    Equation(
        "after eq. 18",
        "For π < ½ true samples are over-represented: then max_D V = JS_π − H(π)",
        "For π < ½ false samples are over-represented: then max_D V = JS_π − H(π)",
        _after_eq18,
    ),
)
