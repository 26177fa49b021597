"""The Brier score of each token (Shao et al. 2024), a proper score: its optimum is p, as for MLE, by other gradients.

∇ℓ = −2 q_y ∇log q_y + 2 Σ_v q_v² ∇log q_v. Like DFT it weighs a token by its q: what is unlikely is hardly learnt from.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas.token_optima import brier
from beyond_mle.objectives.token_level import TokenLevel
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import TokenLogProb, TokenRequest


@OBJECTIVES.register("brier")
class Brier(TokenLevel):
    """ℓ(q, y) = Σ_v q_v² − 2 q_y = ‖q − e_y‖² − 1, between −1 and 1."""

    card = Card(
        minimises="E_P[Σ_t (Σ_v q_v² − 2 q_t)]",
        proper=True,
        optimum="P",
        leans="covers, but what is missed costs little",
    )

    request = TokenRequest(collision=True)

    def token_loss(self, token: TokenLogProb) -> Tensor:
        """Σ_v q_v² − 2 q_y."""
        assert token.collision_BT is not None  # it is requested
        return token.collision_BT - 2 * token.log_q_BT.exp()

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """p in each context, for token averages."""
        return self.optimum_by_context(p_N, length_N, output_N, brier)
