"""The proposal alone: it learns to be like an EBM that stays as it is, one that was trained without a proposal, say."""

from typing import Any

from beyond_mle.card import Card
from beyond_mle.objectives.importance_sampling import ImportanceSampling, ProposalOptions
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression


@OBJECTIVES.register("proposal-kl")
class ProposalKL(ImportanceSampling):
    """J_KL, by its gradient KL from the EBM to the proposal: covering; the model does not move."""

    card = Card(
        minimises="KL from the EBM to its proposal",
        proper=False,
        optimum="the EBM, for its proposal; the model stays as it is",
        leans="covers the EBM",
    )

    Options = ProposalOptions

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """Of the proposal only."""
        return self.of_proposal(self.draw(model, batch))
