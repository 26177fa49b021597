"""The interval of a contrast: would it come out again with new training seeds and a new test set of the same kind?

A contrast is a sum of cells minus a sum of cells. Its variance has a part from the seeds, moderated, and one from the
test items. With two or three seeds a plain sample variance is worth nothing (the quantile of Student's t is 12.7 or
4.3), so it borrows from the other contrasts of the same metric in the study (Smyth 2004, the model of limma).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

LEVEL = 0.95
"""Of the intervals."""


@dataclass(frozen=True)
class Prior:
    """What the other contrasts say of a variance: as much as `df` further degrees of freedom with this variance."""

    df: float
    """Infinite where the variances differ no more than chance has it."""
    variance: float

    def moderate(self, variance: float, df: int) -> tuple[float, float]:
        """A sample variance and its degrees of freedom, moderated; nan where neither knows anything of it."""
        if np.isinf(self.df):
            return self.variance, self.df
        if self.df + df == 0:
            return np.nan, 1.0
        return (self.df * self.variance + df * variance) / (self.df + df), self.df + df


NO_PRIOR = Prior(0.0, 0.0)
"""Leaves a variance as it is."""


def fit_prior(variances: Sequence[float], dfs: Sequence[int]) -> Prior:
    """The prior of sample variances, from the mean and the variance of their logarithms (Smyth 2004, section 6.2).

    Args:
        variances: of contrasts; zeros are left out.
        dfs: their degrees of freedom.

    Returns:
        `NO_PRIOR` where fewer than two variances are left.
    """
    found = np.array([(variance, df) for variance, df in zip(variances, dfs, strict=True) if variance > 0 and df > 0])
    if len(found) < 2:
        return NO_PRIOR
    half = found[:, 1] / 2
    logs = np.log(found[:, 0]) - special.digamma(half) + np.log(half)
    spread = np.var(logs, ddof=1) - np.mean(special.polygamma(1, half))
    if spread <= 0:
        return Prior(np.inf, float(np.exp(logs.mean())))
    half_df = _inverse_trigamma(float(spread))
    return Prior(2 * half_df, float(np.exp(logs.mean() + special.digamma(half_df) - np.log(half_df))))


def _inverse_trigamma(value: float) -> float:
    """The x for which ψ′(x) is this value; ψ′ falls from ∞ to 0, like 1/x² and at last like 1/x."""
    low, high = 0.5 / (1 + value), 2 + 2 / value
    return float(optimize.brentq(lambda x: special.polygamma(1, x) - value, low, high))


@dataclass(frozen=True)
class Estimate:
    """A mean and what is known of its error."""

    mean: float
    parts: tuple[tuple[float, float], ...]
    """Independent contributions to the variance of the mean, with their degrees of freedom; nan: not known."""

    @property
    def error(self) -> float:
        """The standard error; nan where nothing is known of it."""
        return float(np.sqrt(sum(variance for variance, _ in self.parts))) if self.parts else np.nan

    @property
    def df(self) -> float:
        """Degrees of freedom of the error (Welch, Satterthwaite)."""
        total = sum(variance for variance, _ in self.parts)
        weight = sum(variance**2 / df for variance, df in self.parts)
        return total**2 / weight if weight > 0 else np.inf

    def interval(self) -> tuple[float, float]:
        """The ends of Student's interval; nan where nothing is known of the error."""
        margin = float(stats.t.ppf((1 + LEVEL) / 2, self.df)) * self.error
        return self.mean - margin, self.mean + margin

    def p_value(self, value: float) -> float:
        """Two-sided, that the true mean is this value; nan where nothing is known of the error."""
        if self.error == 0:
            return float(self.mean == value)
        return float(2 * stats.t.sf(abs(self.mean - value) / self.error, self.df))


def q_values(p_values: Sequence[float]) -> np.ndarray:
    """Benjamini and Hochberg's: the least false discovery rate at which each would be among the discoveries."""
    return stats.false_discovery_control(p_values) if len(p_values) else np.zeros(0)


def survives_holm(p_values: Sequence[float]) -> np.ndarray:
    """Which of the p-values Holm's procedure rejects: no false one among them in 95 of 100 families."""
    order = np.argsort(p_values)
    limits = (1 - LEVEL) / (len(order) - np.arange(len(order)))
    passed = np.logical_and.accumulate(np.asarray(p_values)[order] <= limits)
    survives = np.zeros(len(order), dtype=bool)
    survives[order] = passed
    return survives
