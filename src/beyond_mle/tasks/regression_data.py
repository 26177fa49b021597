"""The data of regression: inputs and a scalar target of each, in splits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from beyond_mle.types import Regression, RegressionSpec


@dataclass(frozen=True)
class RegressionData:
    """Items of train, dev and test."""

    splits: Mapping[str, Regression]
    spec: RegressionSpec

    def split(self, name: str) -> Regression:
        """All items of a split."""
        return self.splits[name]

    def epoch(self, number: int, seed: int, budget: int) -> list[np.ndarray]:
        """Batches of `budget` items, as row numbers; items that fill no batch wait for the next epoch."""
        order_N = np.random.default_rng([seed, number]).permutation(len(self.splits["train"]))
        return list(order_N[: len(order_N) // budget * budget].reshape(-1, budget))

    def batch(self, key: np.ndarray) -> Regression:
        """The training items with these row numbers."""
        train = self.splits["train"]
        return Regression(train.input_BX[key], train.target_B[key])


def items(input_NX: np.ndarray, target_N: np.ndarray) -> Regression:
    """All items in one batch, as float32."""
    return Regression(torch.from_numpy(input_NX).float(), torch.from_numpy(target_N).float())
