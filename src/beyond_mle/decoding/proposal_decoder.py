"""What decoders share that know an energy-based model by draws from the proposal that was trained with it.

Letters: B inputs, M draws for each.
"""

from typing import Any

import torch
from torch import Tensor

from beyond_mle.capabilities import Conditional, Energy, Proposes
from beyond_mle.decoding.regression_decoder import RegressionDecoder
from beyond_mle.errors import UserError
from beyond_mle.formulas import importance


class ProposalDecoder(RegressionDecoder):
    """Sees the model by importance sampling."""

    needs = (Energy, Proposes)

    def use(self, objective: Proposes) -> None:
        """Take the proposal.

        Raises:
            UserError: if the objective has none.
        """
        self.proposal = proposal_of(objective)


def proposal_of(objective: Proposes) -> Any:
    """The learned proposal.

    Raises:
        UserError: if there is none, as the draws of training are made around the true targets.
    """
    if objective.proposal is None:
        raise UserError(
            "there is no learned proposal: the objective draws around the true targets (its option `noise`)"
        )
    return objective.proposal


def weighted(
    model: Energy, proposal: Conditional, feature_BD: Tensor, draws: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Targets drawn from a proposal, and f − log q of each, both [B, M]."""
    target_BM = proposal.conditional_sample(feature_BD, draws, generator)
    log_q_BM = proposal.conditional_log_prob(feature_BD, target_BM)
    return target_BM, importance.log_weights(model.energy(feature_BD, target_BM), log_q_BM)
