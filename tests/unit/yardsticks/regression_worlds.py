"""Regression with a known density, and models whose densities are known too."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from worlds import subject

from beyond_mle.tasks.regression import KnownRegression, KnownRegressionData
from beyond_mle.yardsticks.yardstick import Subject


def data(density: str = "heteroscedastic", test: int = 50) -> KnownRegressionData:
    """A few items."""
    return KnownRegression(KnownRegression.Options(density=density, test=test)).open(Path())


class Known(nn.Module):
    """p itself, to a power, as an energy; moved by a shift of y."""

    feature_width = 1

    def __init__(self, of: KnownRegressionData, power: float = 1.0, shift: float = 0.0, constant: float = 0.0):
        super().__init__()
        self.of, self.power, self.shift = of, power, shift
        self.constant = nn.Parameter(torch.tensor(constant))

    def features(self, input_BX: Tensor) -> Tensor:
        return input_BX

    def energy(self, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
        return self.power * self.of.conditional_log_p(feature_BD, target_BM - self.shift) + self.constant


class KnownDensity(Known):
    """The same, normalised already: for a power of 1."""

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        return self.energy(input_BX, target_BM)

    def conditional_sample(self, input_BX: Tensor, n: int, generator: Any = None) -> Tensor:
        raise NotImplementedError


def regression_subject(of: KnownRegressionData, model: nn.Module, objective: Any = None, **rest: Any) -> Subject:
    """What a yardstick is given."""
    return subject(of, model.eval(), objective, **rest)
