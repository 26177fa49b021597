"""What language models have in common: they ignore the source and predict each token of the target from those before.

So they model p(y), and take part in any task of text. In the names of tensors, T counts the predicted positions: those
of the target and that of EOS.
"""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from beyond_mle.symbols import EOS, PAD
from beyond_mle.text.padding import ended
from beyond_mle.types import ONLY_LOG_Q, LogProb, Spec, TextBatch, TextSpec, TokenLogProb, TokenRequest

ANY_LENGTH = torch.iinfo(torch.int64).max


class LanguageModel(nn.Module):
    """q(y) = Π_t q(y_t | y_<t), EOS included."""

    accepts: ClassVar[type[Spec]] = TextSpec
    first_output = EOS
    """The first id that the model can emit."""
    boundary = 1
    longest_output = ANY_LENGTH

    @abstractmethod
    def next_log_probs(self, target_BT: Tensor) -> Tensor:
        """log q(v | y_<t) of every id v that the model can emit at every predicted position, [B, T+1, V]."""

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return next(self.parameters()).device

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q(y) of each target."""
        token = self.token_log_prob(batch)
        return LogProb(token.log_q_BT.sum(1), token.length_B, boundary=self.boundary)

    def token_log_prob(self, batch: TextBatch, request: TokenRequest = ONLY_LOG_Q) -> TokenLogProb:
        """log q of each predicted token, and what else is requested of its distribution."""
        predicted_BT, log_q_BTV = ended(batch.target_BT), self.next_log_probs(batch.target_BT)
        mask_BT = predicted_BT != PAD
        word_log_q_BTW = None
        if request.word_BTW is not None:
            word_BTW = request.word_BTW.expand(*mask_BT.shape, request.word_BTW.shape[-1])
            word_log_q_BTW = self._of_words(log_q_BTV, word_BTW)
        log_q_BT = self._of_words(log_q_BTV, predicted_BT[:, :, None])[:, :, 0]
        return TokenLogProb(
            log_q_BT=log_q_BT.where(mask_BT, 0.0),
            mask_BT=mask_BT,
            length_B=(batch.target_BT != PAD).sum(1),
            boundary=self.boundary,
            collision_BT=log_q_BTV.exp().square().sum(2) if request.collision else None,
            entropy_BT=_entropy(log_q_BTV) if request.entropy else None,
            word_log_q_BTW=word_log_q_BTW,
        )

    def entropy(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """Per target: the sum over predicted positions of the entropy (nats) of q there, and their number."""
        mask_BT = ended(batch.target_BT) != PAD
        return _entropy(self.next_log_probs(batch.target_BT)).where(mask_BT, 0.0).sum(1), mask_BT.sum(1)

    def _of_words(self, log_q_BTV: Tensor, word_BTW: Tensor) -> Tensor:
        """log q of these ids; −∞ for those that the model never emits."""
        index_BTW = word_BTW - self.first_output
        return log_q_BTV.gather(2, index_BTW.clamp(min=0)).where(index_BTW >= 0, -torch.inf)


def _entropy(log_q_BTV: Tensor) -> Tensor:
    return -(log_q_BTV.exp() * log_q_BTV.where(log_q_BTV.isfinite(), 0.0)).sum(2)
