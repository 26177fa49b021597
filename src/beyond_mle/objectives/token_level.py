"""What objectives on single tokens share: the loss of each predicted token, averaged over the batch as MLE is.

L = Σ_i a_i/T_i Σ_t ℓ(q_it, y_it) / Σ_i a_i, where q_it is the model's distribution at position t of item i. a_i = T_i
makes it the mean over tokens. Symbols that are certain once the length is known may count in T, but add nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from beyond_mle.capabilities import Need, PerToken
from beyond_mle.formulas.token_optima import ContextOptimum, language
from beyond_mle.objectives.averaging import AveragingOptions, item_weights
from beyond_mle.types import ONLY_LOG_Q, Loss, Spec, TokenLogProb, TokenRequest


class TokenLevel(ABC):
    """E[ℓ(q, y)] over tokens, for the ℓ of a subclass."""

    Options: type[AveragingOptions] = AveragingOptions
    needs: ClassVar[tuple[Need, ...]] = (PerToken,)
    request: ClassVar[TokenRequest] = ONLY_LOG_Q
    """What ℓ is made of, besides log q(y)."""

    def __init__(self, options: AveragingOptions, spec: Spec):
        self.options = options

    @abstractmethod
    def token_loss(self, token: TokenLogProb) -> Tensor:
        """ℓ of each predicted token [B, T], differentiable."""

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch; if the batch is all of p, items count for their p."""
        everything = model.token_log_prob(batch, self.request)
        token, weight_B = self.options.counted(everything), item_weights(batch)
        length_B = self.options.length(token)
        loss_B = self.token_loss(token).where(token.mask_BT, 0).sum(1)
        log_q_B = token.log_q_BT.detach().where(token.mask_BT, 0).sum(1)
        item_B = torch.ones_like(loss_B) if weight_B is None else weight_B
        token_weight_B = item_B if self.options.average == "token" else item_B / length_B.clamp(min=1)
        total = (token_weight_B * loss_B).sum()
        count = (token_weight_B * length_B).sum().clamp(min=torch.finfo(total.dtype).tiny)
        metrics = {
            "loss": total.detach() / count,
            "nll": -(item_B * log_q_B).sum() / (item_B * length_B).sum(),  # per token
        }
        total, length_metrics = self.options.with_length_loss(total, count, everything, weight_B)
        return {"model": Loss(total, count, metrics | length_metrics)}

    def optimum_by_context(
        self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]], best: ContextOptimum
    ) -> np.ndarray:
        """`KnownOptimum.optimum` of a subclass whose ℓ has a closed form in one context, weighed as the loss is."""
        weight_N = p_N if self.options.average == "token" else p_N / length_N
        return language(output_N, weight_N, best)
