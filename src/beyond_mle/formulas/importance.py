"""Importance sampling in logarithms: of M draws from q each counts for w = e^f / q, which no exponential ever sees.

The mean of w is an unbiased estimate of Z = ∫ e^f; its logarithm tends to log Z from below. Weighed by w over their
sum, the draws stand for draws from e^f / Z. M: draws, the last axis.
"""

import math

from torch import Tensor

LEAST_LOG_Q = -1e4
"""Stands for log q where a density underflows, so that no weight is infinite."""


def log_weights(energy: Tensor, log_q: Tensor) -> Tensor:
    """log w of each draw, […, M]."""
    return energy - log_q.clamp(min=LEAST_LOG_Q)


def log_mean(log_weight: Tensor) -> Tensor:
    """log (1/M) Σ w, the estimate of log Z, […]."""
    return log_weight.logsumexp(-1) - math.log(log_weight.shape[-1])


def effective_share(log_weight: Tensor) -> Tensor:
    """How many draws from e^f / Z itself these are worth, as a share of M: (Σ w)² / (M Σ w²), […]."""
    return 1 / (log_weight.softmax(-1).square().sum(-1) * log_weight.shape[-1])
