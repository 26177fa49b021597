"""The power function of the mean log-probability (Shao et al. 2023)."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas.optima import power_optimum
from beyond_mle.objectives.likelihood import Likelihood, LikelihoodOptions
from beyond_mle.registry import OBJECTIVES


class ConvexPowerOptions(LikelihoodOptions):
    """Options of `convex-power`."""

    headline: ClassVar[tuple[str, ...]] = ("order",)

    order: float = Field(default=0.5, gt=0, le=1)
    """k; 1 is maximum likelihood. The paper's k is not known."""


@OBJECTIVES.register("convex-power")
class ConvexPower(Likelihood):
    """Power-function convex composition: f(g) = −(−g)^k, which the paper found hard to train."""

    card = Card(
        minimises="E_P[(−log q / T)^k]",
        proper=False,
        optimum="sharper than P for k < 1",
        leans="from covering to seeking as k falls",
    )

    Options = ConvexPowerOptions
    options: ConvexPowerOptions

    def value(self, g_B: Tensor) -> Tensor:
        """−(−g)^k."""
        return -((-g_B).clamp(min=torch.finfo(g_B.dtype).tiny) ** self.options.order)

    def weight(self, g_B: Tensor) -> Tensor:
        """k (−g)^{k−1}: grows without bound as q → 1, and is kept finite at q = 1."""
        return self.options.order * (-g_B).clamp(min=torch.finfo(g_B.dtype).tiny) ** (self.options.order - 1)

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """See `formulas.optima.power_optimum`."""
        return power_optimum(p_N, length_N, self.options.order, self.options.average)
