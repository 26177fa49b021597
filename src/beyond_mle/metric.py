"""What a yardstick says of the numbers that it gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Metric:
    """A measured quantity, and how to read and print it."""

    name: str
    unit: str = ""
    """Such as `nats` or `%`; empty where there is none."""
    better: Literal["higher", "lower"] | None = None
    """Which values are better; None where neither side is, as of an entropy."""
    decimals: int = 3
    """How many are printed."""
    matters: float = 0.0
    """The smallest difference that matters, in the metric's unit; 0: any does."""
    matters_share: float = 0.0
    """The same as a share of the figure that is compared with."""
    of_sums: Callable[[np.ndarray], float] | None = None
    """The figure from the sums [F] of what its items are made of; None: their mean, or the ratio of two sums."""

    def of_items(self, items_IF: np.ndarray, count_RI: np.ndarray) -> np.ndarray:
        """The figure of each of R resamples [R].

        Args:
            items_IF: what the items are made of, [I] or [I, F].
            count_RI: how often each item is in each resample.
        """
        sums_RF = count_RI @ items_IF.reshape(len(items_IF), -1).astype(float)
        if self.of_sums is not None:
            return np.array([self.of_sums(sums_F) for sums_F in sums_RF])
        return sums_RF[:, 0] / (count_RI.sum(axis=1) if sums_RF.shape[1] == 1 else sums_RF[:, 1])
