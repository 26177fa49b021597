"""Scheduled sampling in closed form on two small languages, for each ε: rows of the long table without a run."""

from collections.abc import Iterator

import numpy as np

from beyond_mle.formulas import scheduled_sampling_optima as optima
from beyond_mle.formulas.discrete import kl, mutual_information, total_variation

EPSILONS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The probabilities of the true symbol."""


def rows(p_XY: np.ndarray, p_XYZ: np.ndarray) -> Iterator[dict[str, object]]:
    """The solutions on a language of pairs and on one of triples.

    Args:
        p_XY: the joint distribution of the pairs.
        p_XYZ: that of the triples.

    Yields:
        task, model (the solution), objective, epsilon, metric, value. Solutions: the `truth` P; the `fixed-point` of
        the algorithm as it is run, and its `argmax` variant; the `minimiser` of eq. 6. Metrics: `d-ss` (eq. 6) and
        `kl` (KL[P‖Q]) in nats; `dependence-kept`, % of P's mutual information between the last symbol and those before
        it; `first-symbol-shift`, total variation of Q₁ from P₁; `off-segment`, the largest distance of a probability
        from ε P + (1−ε) P₁P₂; `prefix-effect`, the largest total variation of the last symbol's prediction from its
        marginal.
    """
    for task, p, solve in (("strings-pairs", p_XY, _pairs), ("strings-triples", p_XYZ, _triples)):
        for epsilon in EPSILONS:
            for solution, metrics in solve(p, epsilon).items():
                for metric, value in metrics.items():
                    yield {
                        "task": task,
                        "model": solution,
                        "objective": "scheduled-sampling",
                        "epsilon": epsilon,
                        "metric": metric,
                        "value": round(value, 12) + 0.0,
                    }


def _pairs(p_XY: np.ndarray, epsilon: float) -> dict[str, dict[str, float]]:
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    segment_XY = epsilon * p_XY + (1 - epsilon) * np.outer(p_X, p_Y)
    solutions = {
        "truth": (p_X, p_XY / p_X[:, None]),
        "fixed-point": optima.fixed_point(p_XY, epsilon),
        "minimiser": optima.minimiser(p_XY, epsilon),
        "argmax": (p_X, optima.best_conditional_argmax(p_XY, p_X, epsilon)),
    }
    metrics = {}
    for name, (q_X, q_XY) in solutions.items():
        joint_XY = optima.joint([q_X, q_XY])
        metrics[name] = {
            "d-ss": optima.divergence(p_XY, q_X, q_XY, epsilon),
            "kl": kl(p_XY, joint_XY),
            "dependence-kept": 100 * _dependence(joint_XY) / _dependence(p_XY),
            "first-symbol-shift": total_variation(q_X, p_X),
            "off-segment": float(np.abs(joint_XY - segment_XY).max()),
        }
    del metrics["argmax"]["d-ss"]  # it minimises another objective
    return metrics


def _triples(p: np.ndarray, epsilon: float) -> dict[str, dict[str, float]]:
    conditionals = optima.predictors(p, epsilon)
    joint = optima.joint(conditionals)
    effect = np.abs(conditionals[-1] - p.sum((0, 1))).sum(-1).max() / 2
    return {
        "fixed-point": {
            "kl": kl(p, joint),
            "dependence-kept": 100 * _dependence(joint) / _dependence(p),
            "prefix-effect": float(effect),
        }
    }


def _dependence(joint: np.ndarray) -> float:
    """Mutual information in nats between the last symbol and those before it."""
    return mutual_information(joint.reshape(-1, joint.shape[-1]))
