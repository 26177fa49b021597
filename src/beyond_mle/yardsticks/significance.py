"""Paired bootstrap: is an arm better than its control on the same sentences?

Sentences are resampled with replacement, the same ones for both arms (Koehn 2004), and the difference of the
scores is computed anew each time. Seed and resamples are those of sacreBLEU's own paired test, which gives
neither an interval nor a two-sided p-value for the difference.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SEED = 12345
"""sacreBLEU's default seed."""


@dataclass(frozen=True)
class PairedDifference:
    """Arm minus control: the difference, its 95 % percentile interval and a two-sided p-value.

    p is the share of resampled differences at least as far from the observed one as that is from zero,
    (#{|d* − d| ≥ |d|} + 1) / (samples + 1); so it cannot be 0.
    """

    difference: float
    low: float
    high: float
    p: float


def paired_bootstrap(
    statistic_a: np.ndarray,
    statistic_b: np.ndarray,
    score_of_sums: Callable[[np.ndarray], float] | None = None,
    samples: int = 1000,
    seed: int = SEED,
) -> PairedDifference:
    """Compare arm a with its control b.

    Args:
        statistic_a: what is known of the arm's sentences: one number each [B], such as valid or not, or
            several counts each [B, F].
        statistic_b: the same of the control, sentence by sentence.
        score_of_sums: a corpus's score from the sum of its statistics [F]; without it, the score is the mean
            of one number per sentence.
        samples: how many resamples.
        seed: of the resamples; the same for all comparisons on a test set, so that they agree.

    Raises:
        ValueError: if the arms differ in shape or have no sentence.
    """
    if statistic_a.shape != statistic_b.shape or len(statistic_a) == 0:
        raise ValueError(f"not the same sentences: {statistic_a.shape} against {statistic_b.shape}")
    n = len(statistic_a)
    count_MB = np.vstack([np.ones(n), resample_counts(n, samples, seed)])
    score_of = score_of_sums or (lambda sums_F: sums_F[0] / n)
    scores_a, scores_b = (
        np.array([score_of(sums_F) for sums_F in count_MB @ statistic.reshape(n, -1).astype(float)])
        for statistic in (statistic_a, statistic_b)
    )
    observed, *resampled = scores_a - scores_b
    low, high = np.quantile(resampled, [0.025, 0.975])
    at_least_as_far = np.abs(resampled - observed) >= abs(observed) - 1e-9  # equal, whatever the last bit
    p = (at_least_as_far.sum() + 1) / (samples + 1)
    return PairedDifference(float(observed), float(low), float(high), float(p))


def resample_counts(n: int, samples: int, seed: int) -> np.ndarray:
    """How often each of `n` sentences is in each resample [M, n]; the draws are sacreBLEU's for this seed."""
    drawn_MB = np.random.default_rng(seed).choice(n, size=(samples, n), replace=True)
    flat = drawn_MB + n * np.arange(samples)[:, None]
    return np.bincount(flat.ravel(), minlength=samples * n).reshape(samples, n).astype(float)
