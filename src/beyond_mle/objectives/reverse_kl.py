"""KL[Q‖P] (Huszár 2015, eq. 10)."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Need, Stepwise, Whole
from beyond_mle.card import Card
from beyond_mle.formulas import divergence
from beyond_mle.objectives.divergence_objective import DivergenceObjective
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions
from beyond_mle.registry import OBJECTIVES


class ReverseKLOptions(PolicyGradientOptions):
    """Options of `reverse-kl`; for text only."""

    floor: float = Field(default=-100.0, lt=0)
    """KL[Q‖P] is infinite as soon as q leaves the support of p, so each output off it counts as one of this log p, in
    nats. There are about V^T outputs of T words from V: with a floor above −T log V, q would do best to leave."""


@OBJECTIVES.register("reverse-kl")
class ReverseKL(DivergenceObjective):
    """KL[Q‖P]: seeks a mode; proper. For text by samples of q, with a floor under log p."""

    card = Card(
        minimises="KL[Q‖P]",
        proper=True,
        optimum="P",
        leans="seeks",
    )

    Options = ReverseKLOptions
    options: ReverseKLOptions
    needs: ClassVar[tuple[Need, ...]] = (*DivergenceObjective.needs, Whole | Stepwise)

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """KL[Q‖P]."""
        return divergence.reverse_kl(log_p_N, log_q_N, log_weight_N)

    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """log p − log q, with the floor in place of log 0."""
        return torch.where(log_p_N == -torch.inf, self.options.floor, log_p_N) - log_q_N
