"""Yardsticks that compare a model with the true distribution p(y|x), where its whole support is known.

A truth row is one test source's `{"outputs": [str, …], "log_p": [float, …]}`, the likeliest output first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import rel_entr

Truth = Sequence[Mapping[str, Any]]


def output_metrics(truth: Truth, outputs: Sequence[str]) -> dict[str, float]:
    """Judge one output per source.

    Returns:
        `validity`: % of the outputs with p(y|x) > 0. `mode-hit`: % that are the likeliest output y*.
        `log-p`: mean log p(y|x) in nats over the valid outputs only; absent if none is valid.
    """
    log_p = [
        dict(zip(row["outputs"], row["log_p"], strict=True)).get(output)
        for row, output in zip(truth, outputs, strict=True)
    ]
    valid = [value for value in log_p if value is not None]
    hits = [output == row["outputs"][0] for row, output in zip(truth, outputs, strict=True)]
    metrics = {"validity": 100 * len(valid) / len(log_p), "mode-hit": 100 * float(np.mean(hits))}
    return metrics | ({"log-p": float(np.mean(valid))} if valid else {})


def sample_metrics(truth: Truth, outputs: Sequence[Sequence[str]]) -> dict[str, float]:
    """Judge several outputs per source together.

    Returns:
        `support-coverage`: % of p's probability that lies on the distinct outputs drawn, the mean over sources. Of n
        samples of p itself it is 100 Σ_y p(y) (1 − (1 − p(y))^n) on average.
    """
    covered = []
    for row, drawn in zip(truth, outputs, strict=True):
        log_p = dict(zip(row["outputs"], row["log_p"], strict=True))
        covered.append(sum(np.exp(log_p.get(output, -np.inf)) for output in set(drawn)))
    return {"support-coverage": 100 * float(np.mean(covered))}


def model_metrics(truth: Truth, log_q: Sequence[np.ndarray]) -> dict[str, float]:
    """Judge a model by its own log-probabilities; the mean over sources of each figure.

    KL[Q‖P] is left out: it is infinite as soon as q gives anything to an output outside the support. `js` and
    `total-variation` are finite and exact: of q outside the support only the whole mass matters, 1 − Σ q.

    Args:
        truth: the rows of the sources.
        log_q: per source, log q(y|x) in nats of each of the row's outputs.

    Returns:
        `kl`: KL[P‖Q] = Σ p (log p − log q) in nats, infinite if q excludes a supported output.
        `q-mode` and `log-q-mode`: q(y*|x) and its logarithm.
        `support-mass`: % of q's probability that lies on the support, which is the validity of q's samples.
        `js`: JS_½ in nats, between 0 and log 2. `total-variation`: ½ Σ |p − q|, between 0 and 1.
    """
    figures = []
    for row, log_q_of_row in zip(truth, log_q, strict=True):
        log_p, log_q_N = np.array(row["log_p"]), np.asarray(log_q_of_row, dtype=np.float64)
        if log_p.shape != log_q_N.shape:
            raise ValueError(f"{len(log_p)} outputs in the support, but {len(log_q_N)} log-probabilities")
        p_N, q_N = np.exp(log_p), np.exp(log_q_N)
        outside = max(0.0, 1 - q_N.sum())  # rounding can take the sum beyond 1
        everywhere = np.append(p_N, 0.0), np.append(q_N, outside)
        figures.append(
            {
                "kl": np.sum(p_N * (log_p - log_q_N)),
                "js": js(*everywhere),
                "total-variation": total_variation(*everywhere),
                "q-mode": q_N[0],
                "log-q-mode": log_q_N[0],
                "support-mass": 100 * q_N.sum(),
            }
        )
    return {name: float(np.mean([row[name] for row in figures])) for name in figures[0]}


def js(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """JS_½[P‖Q] in nats of two distributions over the same outputs; `divergence.js` without PyTorch."""
    m_N = (p_N + q_N) / 2
    return float(rel_entr(p_N, m_N).sum() + rel_entr(q_N, m_N).sum()) / 2


def total_variation(p_N: np.ndarray, q_N: np.ndarray) -> float:
    """½ Σ |p − q|: the largest difference between the probabilities that they give to any set of outputs."""
    return float(np.abs(p_N - q_N).sum()) / 2
