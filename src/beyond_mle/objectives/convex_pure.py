"""A convex function of the probability itself (Shao et al. 2023)."""

import math
from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas.optima import escort
from beyond_mle.objectives.likelihood import Likelihood, LikelihoodOptions
from beyond_mle.registry import OBJECTIVES


class ConvexPureOptions(LikelihoodOptions):
    """Options of `convex-pure`."""

    average: Literal["token", "sentence"] = "sentence"
    """a_i: `sentence` for the mean of q(y|x), the formula as written."""


@OBJECTIVES.register("convex-pure")
class ConvexPure(Likelihood):
    """A convex function of the probability itself, f(q) = q: f(g) = e^g, where g is log q(y|x), not divided by T."""

    card = Card(
        minimises="−E_P[q]",
        proper=False,
        optimum="the mode alone",
        leans="seeks",
    )

    Options = ConvexPureOptions
    per_token = False

    def value(self, g_B: Tensor) -> Tensor:
        """q(y|x), which is next to nothing for all but the likeliest sequences."""
        return g_B.exp()

    def weight(self, g_B: Tensor) -> Tensor:
        """q(y|x)."""
        return g_B.exp()

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """One-hot: the loss is linear in q, so that its optimum is a vertex."""
        return escort(p_N * (length_N if self.options.average == "token" else 1), math.inf)
