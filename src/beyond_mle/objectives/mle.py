"""Maximum likelihood, KL[P‖Q] up to a constant."""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas import exponential_optimum
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.registry import OBJECTIVES


@OBJECTIVES.register("mle")
class MLE(Likelihood):
    """Maximum likelihood: f(g) = g."""

    card = Card(
        minimises="E_P[−log q], KL[P‖Q] up to a constant",
        proper=True,
        optimum="P",
        leans="covers",
    )

    def value(self, g_B: Tensor) -> Tensor:
        """The mean log-probability itself."""
        return g_B

    def weight(self, g_B: Tensor) -> Tensor:
        """1 for every sequence."""
        return torch.ones_like(g_B)

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """p itself for token averages, ∝ p/T for sentence averages."""
        return exponential_optimum.optimum(p_N, length_N, 0.0, self.options.average)
