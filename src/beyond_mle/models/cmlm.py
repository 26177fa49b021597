"""CMLM, the conditional masked language model (Ghazvininejad et al. 2019, as in fairseq's cmlm_transformer).

The decoder's input is the target with some tokens hidden behind a mask symbol; every position predicts its own token.
In training a random part is hidden. In evaluation everything is, which makes it a model of all tokens in one pass.
"""

from dataclasses import replace

import torch
from torch import Tensor

from beyond_mle.models.one_pass_model import OnePassModel
from beyond_mle.registry import MODELS
from beyond_mle.symbols import PAD, UNK
from beyond_mle.types import ONLY_LOG_Q, Encoded, LogProb, TextBatch, TokenLogProb, TokenRequest


@MODELS.register("cmlm")
class CMLM(OnePassModel):
    """A one-pass model that can be shown part of its output, so that decoding can refine what it predicted."""

    mask = UNK
    """The symbol that hides a token (official choice); a true <unk> therefore is always hidden."""

    def decoder_input(self, encoded: Encoded, length_B: Tensor, longest: int) -> Tensor:
        """Nothing but masks."""
        return torch.full((len(length_B), longest), self.mask, device=length_B.device)

    def log_prob(self, batch: TextBatch) -> LogProb:
        """In evaluation log q(y|x, T); in training Σ_t log q(y_t | x, the shown part of y).

        In training `LogProb.hidden` has the sum over the hidden tokens, on which official MLE trains. Its T is their
        number: boundary symbols are never hidden. The official convex loss trains on the sum over all tokens.
        """
        if not self.training:
            return super().log_prob(batch)
        encoded, states_BTD, hidden_BT = self._partly_hidden(batch)
        target_BT = batch.target_BT
        hidden = self.log_prob_from(encoded, target_BT, (states_BTD, target_BT, hidden_BT))
        shown_B, shown_uniform_B = self.sums(states_BTD, target_BT, (target_BT != PAD) & ~hidden_BT)
        assert hidden.uniform_B is not None  # of a text model
        return replace(
            hidden,
            total_B=hidden.total_B + shown_B,
            uniform_B=hidden.uniform_B + shown_uniform_B,
            certainty="unnormalised",
            hidden=replace(hidden, length_B=hidden_BT.sum(1), boundary=0, length_log_prob_B=None),
        )

    def token_log_prob(self, batch: TextBatch, request: TokenRequest = ONLY_LOG_Q) -> TokenLogProb:
        """In evaluation given x and T; in training given x and the shown part of y, with `hidden` as in `log_prob`."""
        if not self.training:
            return super().token_log_prob(batch, request)
        encoded, states_BTD, hidden_BT = self._partly_hidden(batch)
        everything = self.token_log_prob_from(
            encoded, batch, (states_BTD, batch.target_BT, batch.target_BT != PAD), request
        )
        hidden = replace(everything, mask_BT=hidden_BT, length_B=hidden_BT.sum(1), boundary=0, length_log_prob_B=None)
        return replace(everything, hidden=hidden)

    def _partly_hidden(self, batch: TextBatch) -> tuple[Encoded, Tensor, Tensor]:
        """Show the decoder a random part of the target: the source, the states [B, T, D], which tokens are hidden."""
        encoded, target_BT = self.encode(batch.source_BS), batch.target_BT
        input_BT = hide_randomly(target_BT, self.mask)
        return encoded, self.decode(encoded, input_BT, target_BT != PAD), input_BT == self.mask

    def token_log_probs_given(self, encoded: Encoded, token_BT: Tensor) -> Tensor:
        """log q(v at t | x, the tokens of `token_BT` that are not `mask`) as [B, T, V]; PAD ends an output."""
        return self.word_log_probs(self.decode(encoded, token_BT, token_BT != PAD))


def hide_randomly(target_BT: Tensor, mask: int) -> Tensor:
    """The targets with floor(U·T) + 1 random tokens of each replaced by `mask`, U uniform in [0, 1).

    All choices of so many tokens are equally likely. Drawn from the global random generator of the targets' device.
    """
    real_BT = target_BT != PAD
    length_B = real_BT.sum(1)
    hidden_B = (torch.rand(length_B.shape, device=target_BT.device) * length_B).long() + 1
    order_BT = torch.rand(target_BT.shape, device=target_BT.device).masked_fill(~real_BT, 2.0)
    rank_BT = order_BT.argsort(dim=1).argsort(dim=1)
    return target_BT.masked_fill((rank_BT < hidden_B[:, None]) & real_BT, mask)
