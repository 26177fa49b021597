"""Prefix beam search for CTC (Graves 2008; Hannun et al. 2014): the most probable output, not alignment.

A hypothesis is a prefix of the output and stands for all alignments so far that collapse to it. It keeps apart those
that end in blank from those that end in its last token, since after a blank the same token again is a new one.
Axes besides those of types.py: U positions, W prefixes of a source, C tokens considered at a position.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Aligned
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.options import Options
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import unpad


@DECODERS.register("ctc-prefix-beam")
class CTCPrefixBeam(TextDecoder):
    """The output of the highest probability found; with a beam that holds every prefix, the most probable output."""

    class Options(Options):
        """The width."""

        size: int = Field(default=5, ge=1)
        """Prefixes kept per source (the official code's unused beam search: 20)."""

    options: Options
    needs = (Aligned,)

    @torch.inference_mode()
    def decode(self, model: Aligned, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best output found for each source; `generator` is not used."""
        log_prob_BUV = model.alignment_log_probs(model.encode(source_BS))
        return prefix_beam_search(log_prob_BUV, model.blank, self.options.size)[0]


def prefix_beam_search(log_prob_BUV: Tensor, blank: int, size: int) -> tuple[list[list[int]], Tensor]:
    """Search the collapsed outputs of each row.

    Args:
        log_prob_BUV: log q of each symbol at each position.
        blank: the id that stands for "no token".
        size: prefixes that are kept.

    Returns:
        The best output of each row, and log of the probability that was found for it [B], at most its log q(y|x).
    """
    beam = _Prefixes.begin(log_prob_BUV, size)
    blank_BU = log_prob_BUV[:, :, blank]
    # Of a prefix's continuations, the `size` best new ones are among its 2·size best: `size` at most belong to
    # prefixes that are there already, or repeat its last token, which counts for less.
    tokens_BUV = log_prob_BUV.clone()
    tokens_BUV[:, :, blank] = -torch.inf
    best_BUC = tokens_BUV.topk(min(2 * size, tokens_BUV.shape[2]), dim=2)
    for u in range(log_prob_BUV.shape[1]):
        beam = beam.advance(log_prob_BUV[:, u], blank_BU[:, u], best_BUC.values[:, u], best_BUC.indices[:, u])
    best_B = beam.total_BW.max(dim=1)
    row_B = torch.arange(len(best_B.indices), device=best_B.indices.device)
    return unpad(beam.token_BWU[row_B, best_B.indices]), best_B.values


@dataclass(frozen=True)
class _Prefixes:
    """The prefixes of each row; all that have a positive probability differ."""

    token_BWU: Tensor
    """Their tokens, padded with PAD."""
    length_BW: Tensor
    after_blank_BW: Tensor
    """log of the probability of their alignments that end in blank; of the empty prefix, the empty one too."""
    after_token_BW: Tensor
    """Of those that end in the last token."""

    @classmethod
    def begin(cls, log_prob_BUV: Tensor, size: int) -> "_Prefixes":
        """The empty prefix, and places for others."""
        n, positions, _ = log_prob_BUV.shape
        nothing_BW = log_prob_BUV.new_full((n, size), -torch.inf)
        certain_BW = nothing_BW.clone()
        certain_BW[:, 0] = 0
        length_BW = torch.zeros(n, size, dtype=torch.long, device=log_prob_BUV.device)
        return cls(length_BW.new_full((n, size, positions), PAD), length_BW, certain_BW, nothing_BW)

    @cached_property
    def total_BW(self) -> Tensor:
        """log of the probability of all alignments of each prefix."""
        return torch.logaddexp(self.after_blank_BW, self.after_token_BW)

    @cached_property
    def last_BW(self) -> Tensor:
        """The last token of each prefix, PAD of the empty one."""
        return self.token_BWU.gather(2, (self.length_BW - 1).clamp(min=0)[:, :, None]).squeeze(2)

    def advance(self, log_prob_BV: Tensor, blank_B: Tensor, value_BC: Tensor, token_BC: Tensor) -> "_Prefixes":
        """The best prefixes after one more position, whose best tokens are `token_BC` with log q `value_BC`."""
        size, last_BW, total_BW = self.length_BW.shape[1], self.last_BW, self.total_BW
        last_log_prob_BW = log_prob_BV.gather(1, last_BW)
        child_BWW = self._children()

        # A prefix stays by a blank or by its last token again, or is reached from the prefix one token shorter.
        blank_BW = total_BW + blank_B[:, None]
        open_BWW = self._before(last_BW[:, None, :]) + last_log_prob_BW[:, None, :]
        reached_BW = open_BWW.where(child_BWW, -torch.inf).logsumexp(1)
        again_BW = torch.logaddexp(self.after_token_BW + last_log_prob_BW, reached_BW)

        # Or it grows into a prefix that is not there yet.
        there_BWC = (child_BWW[:, :, :, None] & (last_BW[:, None, :, None] == token_BC[:, None, None, :])).any(2)
        new_BWC = (self._before(token_BC[:, None, :]) + value_BC[:, None, :]).masked_fill(there_BWC, -torch.inf)

        score_BX = torch.cat([torch.logaddexp(blank_BW, again_BW), new_BWC.flatten(1)], dim=1)
        chosen_BW = score_BX.topk(size, dim=1)
        grown_BW = chosen_BW.indices >= size
        grown_index_BW = (chosen_BW.indices - size).clamp(min=0)
        n_tokens = token_BC.shape[1]
        parent_BW = torch.where(grown_BW, grown_index_BW // n_tokens, chosen_BW.indices)
        token_BW = torch.where(grown_BW, token_BC.gather(1, grown_index_BW % n_tokens), PAD)
        return self._select(parent_BW, grown_BW, token_BW, blank_BW, again_BW, chosen_BW.values)

    def _before(self, next_B1X: Tensor) -> Tensor:
        """log of the probability of the alignments of each prefix after which `next` is a new token, [B, W, X]."""
        repeated_BWX = self.last_BW[:, :, None] == next_B1X
        return torch.where(repeated_BWX, self.after_blank_BW[:, :, None], self.total_BW[:, :, None])

    def _children(self) -> Tensor:
        """[B, i, j]: whether prefix j, if it has a positive probability, is prefix i and one token."""
        place_BW1 = (self.length_BW - 1).clamp(min=0)[:, :, None]
        stem_BWU = self.token_BWU.scatter(2, place_BW1, PAD)
        same_BWW = (self.token_BWU[:, :, None, :] == stem_BWU[:, None, :, :]).all(3)
        return same_BWW & ((self.length_BW > 0) & (self.total_BW > -torch.inf))[:, None, :]

    def _select(
        self,
        parent_BW: Tensor,
        grown_BW: Tensor,
        token_BW: Tensor,
        blank_BW: Tensor,
        again_BW: Tensor,
        score_BW: Tensor,
    ) -> "_Prefixes":
        """These prefixes, those in `grown_BW` with one token more."""
        length_BW = self.length_BW.gather(1, parent_BW)
        token_BWU = self.token_BWU.gather(1, parent_BW[:, :, None].expand_as(self.token_BWU))
        place_BW1 = length_BW.clamp(max=token_BWU.shape[2] - 1)[:, :, None]
        written_BW1 = torch.where(grown_BW[:, :, None], token_BW[:, :, None], token_BWU.gather(2, place_BW1))
        return _Prefixes(
            token_BWU=token_BWU.scatter(2, place_BW1, written_BW1),
            length_BW=length_BW + grown_BW,
            after_blank_BW=blank_BW.gather(1, parent_BW).masked_fill(grown_BW, -torch.inf),
            after_token_BW=torch.where(grown_BW, score_BW, again_BW.gather(1, parent_BW)),
        )
