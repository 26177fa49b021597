"""Noise contrastive estimation of an EBM: which of 1 + M targets is the true one (Gustafsson et al. 2020, 2022).

With draws from a q(y|x) that does not know the true target the optimum is p, for any M. Around the true target it is
not: there the place of the draws gives the true one away, and what f learns is distorted until M is large.
"""

from typing import Any

from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.importance_sampling import Draws, ImportanceSampling
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression


@OBJECTIVES.register("nce")
class NCE(ImportanceSampling):
    """Ranking NCE, −log softmax of f − log q at the true target: proper, unless the noise is around the target."""

    card = Card(
        minimises="E[−log of the true target's share of e^f/q, among it and M draws from q]",
        proper=True,
        optimum="P, if q does not know the target",
        leans="covers, where q does",
    )

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """Of the model J_NCE, of a learned proposal J_KL, on the same draws."""
        draws = self.draw(model, batch)
        return {"model": mean_loss(ranking_loss(draws))} | self.of_proposal(draws)


def ranking_loss(draws: Draws) -> Tensor:
    """J_NCE of each item [B], to be differentiated in the EBM's parameters."""
    return -draws.log_weight_BN.log_softmax(1)[:, 0]
