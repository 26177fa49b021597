"""Single-pass decoding: predict the length, then take the most probable token at every position at once."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.decoding.padding import unpad
from beyond_mle.options import Options
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.types import OnePass

BOUNDARY_TOKENS = 2
"""bos and eos, which count as two certain tokens of a non-autoregressive output."""


@DECODERS.register("single-pass")
class SinglePass:
    """One parallel pass of a non-autoregressive model, for one or several candidate lengths.

    With several candidates, the one with the highest mean token log-probability Σ_t log q(v_t) / (T + 2)
    wins. This is the score of the official CMLM script (fairseq's iterative refinement without a reranker),
    where bos and eos count with log-probability 0 and log q(T|x) only proposes lengths. The candidates are
    the most probable lengths (Ghazvininejad et al. 2019); fairseq takes the neighbours of the best one.
    """

    class Options(Options):
        """How many lengths are tried."""

        length_beam: int = Field(default=1, ge=1)
        """The most probable lengths, all decoded; 5 in the official CMLM script."""

    def __init__(self, options: Options):
        self._options = options

    @torch.inference_mode()
    def decode(self, model: OnePass, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best candidate of each source, without BOS and EOS; `generator` is not used."""
        encoded = model.encode(source_BS)
        length_BN = candidate_lengths(model.length_log_probs(encoded), self._options.length_beam)
        n_sources, n_lengths = length_BN.shape
        source_B = torch.arange(n_sources, device=length_BN.device)
        candidates = encoded.select(source_B.repeat_interleave(n_lengths))
        length_R = length_BN.flatten()
        best_RT = model.token_log_probs(candidates, length_R).max(dim=2)

        position_T = torch.arange(best_RT.values.shape[1], device=length_R.device)
        inside_RT = position_T < length_R[:, None]
        score_R = best_RT.values.where(inside_RT, 0).sum(dim=1) / (length_R + BOUNDARY_TOKENS)
        winner_B = score_R.view(n_sources, n_lengths).max(dim=1).indices
        token_RT = best_RT.indices.where(inside_RT, PAD)
        return unpad(token_RT.view(n_sources, n_lengths, -1)[source_B, winner_B])


def candidate_lengths(length_log_prob_BL: Tensor, n: int) -> Tensor:
    """The `n` most probable lengths of each source, best first, as int64 [B, N].

    Where fewer are possible, the best one is repeated, which changes no output.
    """
    best_BN = length_log_prob_BL.topk(min(n, length_log_prob_BL.shape[1]), dim=1)
    return best_BN.indices.where(best_BN.values > -torch.inf, best_BN.indices[:, :1])
