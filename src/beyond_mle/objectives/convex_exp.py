"""The exponential function of the mean log-probability: the convex loss of "Beyond MLE" (Shao et al. 2023)."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas import exponential_optimum
from beyond_mle.objectives.likelihood import Likelihood, LikelihoodOptions
from beyond_mle.registry import OBJECTIVES


class ConvexExpOptions(LikelihoodOptions):
    """Options of `convex-exp`."""

    headline: ClassVar[tuple[str, ...]] = ("order",)

    order: float = Field(default=1.0, gt=0)
    """k. The paper uses 1 for autoregressive models and 3 for non-autoregressive ones."""


@OBJECTIVES.register("convex-exp")
class ConvexExp(Likelihood):
    """Exponential convex composition: f(g) = exp(k·g), the mean of q(y|x)^(k/T)."""

    card = Card(
        minimises="−E_P[q^(k/T)]",
        proper=False,
        optimum="P^(T/(T−k)), normalised, at one length T > k; the mode alone for k ≥ T",
        leans="from covering to seeking as k rises",
    )

    Options = ConvexExpOptions
    options: ConvexExpOptions

    def value(self, g_B: Tensor) -> Tensor:
        """e^{k g}, in float32 at least: half precision would underflow to 0 for sequences of low probability."""
        return torch.exp(self.options.order * g_B)

    def weight(self, g_B: Tensor) -> Tensor:
        """k e^{k g}."""
        return self.options.order * self.value(g_B)

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """On outputs of one length T the escort of p of exponent T/(T − k)."""
        return exponential_optimum.optimum(p_N, length_N, self.options.order, self.options.average)
