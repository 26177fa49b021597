"""NAT with connectionist temporal classification (Libovický and Helcl 2018): all alignments of the output at once.

Every source embedding is repeated into `upsample_ratio` decoder positions, and each position predicts a token or blank
on its own. An alignment is one symbol per position; merging repeats and then dropping blanks gives the output, so
q(y|x) = Σ_{a collapses to y} Π_u q(a_u | x) (Graves et al. 2006). The length needs no predictor.
Letters besides those of types.py: U upsampled positions, C columns, one for blank and one for each target token.
"""

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from beyond_mle.errors import UserError
from beyond_mle.models.layers import TransformerOptions, token_log_probs
from beyond_mle.models.text_model import TextModel, by_row
from beyond_mle.registry import MODELS
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import Encoded, LogProb


class CTCOptions(TransformerOptions):
    """Sizes of an encoder-decoder that predicts several symbols per source token."""

    upsample_ratio: int = Field(default=2, gt=0)
    """Decoder positions per source token, its EOS included (official: 2); also the most output tokens per source token.
    `max_positions` must hold the upsampled source."""


@MODELS.register("ctc")
class CTC(TextModel):
    """Encoder, upsampling by repetition, and a decoder without causal mask.

    No output holds an EOS, so its row of the output layer is free to score the blank: to a position, "no token".
    """

    Options = CTCOptions
    options: CTCOptions
    blank = EOS
    first_output = EOS
    boundary = 2

    def predictions(self, encoded: Encoded, target_BT: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The states and the mask of all U positions; which of them predicts which target token is not known."""
        hidden_BUD, mask_BU = self.upsampled(encoded)
        return hidden_BUD, target_BT, mask_BU

    def upsampled(self, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Hidden states of the upsampled positions [B, U, D], and which of them are real [B, U].

        Raises:
            UserError: if a source, upsampled, is longer than the model's `max_positions`.
        """
        ratio, limit = self.options.upsample_ratio, self.options.max_positions
        longest = int(encoded.mask_BS.sum(1).max())
        if longest * ratio > limit:
            raise UserError(
                f"a source of {longest} tokens, upsampled {ratio} times, exceeds the model's max_positions = {limit}: "
                f"raise it to {longest * ratio} or leave out such sources"
            )
        mask_BU = encoded.mask_BS[:, :longest].repeat_interleave(ratio, dim=1)
        input_BU = encoded.source_BS[:, :longest].repeat_interleave(ratio, dim=1)
        return self.decode(encoded, input_BU, mask_BU), mask_BU

    def log_prob_from(self, encoded: Encoded, target_BT: Tensor, predictions: tuple[Tensor, Tensor, Tensor]) -> LogProb:
        """log q(y|x), summed over alignments; −inf, with a gradient of 0, where y does not fit into the positions.

        `uniform_B` is the mean of log q over the positions and the symbols, times T with its boundary symbols: divided
        by that T again, as the likelihood objectives do, it is the official label smoothing, a mean over positions.
        """
        hidden_BUD, _, mask_BU = predictions
        blank_BU, uniform_BU = self.blank_log_probs(hidden_BUD, mask_BU)
        odds_BUC, label_BT = self.token_odds(hidden_BUD, target_BT)
        length_B = (target_BT != PAD).sum(1)
        positions_B = mask_BU.sum(1)
        total_B = blank_BU.sum(1) + log_marginal(odds_BUC, label_BT, mask_BU, length_B)
        possible_B = positions_needed(target_BT) <= positions_B
        return LogProb(
            total_B=total_B.where(possible_B, -torch.inf),
            length_B=length_B,
            boundary=self.boundary,
            uniform_B=uniform_BU.sum(1) * (length_B + self.boundary) / positions_B,
        )

    def blank_log_probs(self, hidden_BUD: Tensor, mask_BU: Tensor) -> tuple[Tensor, Tensor]:
        """log q(blank) at each position, and the mean of log q over all symbols there; 0 at padding."""
        hidden_ND = hidden_BUD[mask_BU]
        column_N = torch.full((len(hidden_ND),), self.blank - self.first_output, device=hidden_ND.device)
        values = token_log_probs(hidden_ND, self.output_weight_VD, column_N)
        blank_BU, uniform_BU = (by_row(value_N, mask_BU) for value_N in values)
        return blank_BU, uniform_BU

    def token_odds(self, hidden_BUD: Tensor, target_BT: Tensor) -> tuple[Tensor, Tensor]:
        """log q(v)/q(blank) of the target's tokens only, and which column is which token's.

        Their normaliser cancels, so the vocabulary matters to `blank_log_probs` alone.

        Returns:
            odds_BUC: 0 for blank in column 0, then one column per target position, 0 at padding.
            label_BT: the column of each target token, the same for the same token.
        """
        symbol_BC = F.pad(target_BT.where(target_BT != PAD, self.blank), (1, 0), value=self.blank)
        weight_VD = self.embedding.token.weight
        with torch.autocast(hidden_BUD.device.type, enabled=False):
            dtype = torch.promote_types(weight_VD.dtype, torch.float32)
            weight_BCD = F.embedding(symbol_BC, weight_VD.to(dtype)) - weight_VD[self.blank].to(dtype)
            odds_BUC = hidden_BUD.to(dtype) @ weight_BCD.mT
        first_BT = (target_BT[:, :, None] == target_BT[:, None, :]).int().argmax(dim=2)
        return odds_BUC, 1 + first_BT

    def alignment_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(v at u | x) as [B, U, V], v = `blank` among them; behind the end of a source, blank is certain."""
        hidden_BUD, mask_BU = self.upsampled(encoded)
        log_prob_BUV = self.word_log_probs(hidden_BUD)
        certain_V = torch.full_like(log_prob_BUV[0, 0], -torch.inf)
        certain_V[self.blank] = 0
        return log_prob_BUV.where(mask_BU[:, :, None], certain_V)


def log_marginal(score_BUC: Tensor, label_BT: Tensor, mask_BU: Tensor, length_B: Tensor) -> Tensor:
    """log Σ_{a collapses to the labels} exp Σ_u score(a_u at u); 0 gradient and a finite value where there is none.

    PyTorch's recursion takes log-probabilities: its gradient is right only for scores that sum to 1 over the columns.
    Every alignment has one symbol per position, so the sums that were divided away are multiplied back.

    Args:
        score_BUC: any scores; column 0 is blank.
        label_BT: the column of each target token; those of equal tokens are equal.
        mask_BU: which positions are real.
        length_B: how many labels are real.
    """
    normaliser_BU = score_BUC.logsumexp(2)
    log_prob_UBC = (score_BUC - normaliser_BU[:, :, None]).transpose(0, 1)
    loss_B = F.ctc_loss(log_prob_UBC, label_BT, mask_BU.sum(1), length_B, reduction="none", zero_infinity=True)
    return normaliser_BU.where(mask_BU, 0).sum(1) - loss_B


def positions_needed(target_BT: Tensor) -> Tensor:
    """The fewest positions that can give each target: its tokens, and a blank between equal neighbours."""
    real_BT = target_BT != PAD
    repeated_BT = (target_BT[:, 1:] == target_BT[:, :-1]) & real_BT[:, 1:]
    return real_BT.sum(1) + repeated_BT.sum(1)
