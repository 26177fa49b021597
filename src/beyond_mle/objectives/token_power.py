"""Power losses of a token's probability: (1 − q^α)/α, from MLE (α → 0) over dynamic fine-tuning (α = 1) on.

The gradient is that of MLE with the detached weight q^α per token. Dynamic fine-tuning (DFT, Wu et al. 2026) is α = 1,
up to a constant −q; α = 8 and 10 are the other values that its generalisation uses (G. Li et al. 2026). The optimum is
∝ p^{1/(1−α)} in each context, and one-hot for α ≥ 1: sharper than p, in the same order (`formulas.token_optima`).
"""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas.token_optima import power
from beyond_mle.objectives.averaging import AveragingOptions
from beyond_mle.objectives.token_level import TokenLevel
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import TokenLogProb


class TokenPowerOptions(AveragingOptions):
    """Options of `token-power`."""

    headline: ClassVar[tuple[str, ...]] = ("alpha",)

    alpha: float = Field(default=1.0, gt=0)
    """α. 1 is DFT."""


@OBJECTIVES.register("token-power")
class TokenPower(TokenLevel):
    """ℓ(q, y) = (1 − q_y^α)/α."""

    card = Card(
        minimises="E_P[Σ_t (1 − q_t^α)/α]",
        proper=False,
        optimum="P^(1/(1−α)), normalised, in each context; its likeliest symbol alone for α ≥ 1",
        leans="seeks in each context",
    )

    Options = TokenPowerOptions
    options: TokenPowerOptions

    def token_loss(self, token: TokenLogProb) -> Tensor:
        """(1 − e^{α log q})/α: its gradient is −q^α ∇log q; exact also for small α, where it nears −log q."""
        return -torch.expm1(self.options.alpha * token.log_q_BT) / self.options.alpha

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """∝ p^{1/(1−α)} in each context; one-hot at its likeliest symbol for α ≥ 1."""
        return self.optimum_by_context(p_N, length_N, output_N, partial(power, alpha=self.options.alpha))
