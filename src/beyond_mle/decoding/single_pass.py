"""Single-pass decoding: predict the length, then take the most probable token at every position at once."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import OnePass
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.options import Options
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import inside, unpad
from beyond_mle.types import Encoded

BOUNDARY_TOKENS = 2
"""bos and eos, which count as two certain tokens of a non-autoregressive output."""


class LengthBeam(Options):
    """How many lengths are tried, and whether their own probabilities count."""

    length_beam: int = Field(default=1, ge=1)
    """The most probable lengths, all decoded; 5 in the official CMLM script."""
    count_length: bool = False
    """Whether log q(T|x) counts in a candidate's score. The official script lets it propose lengths only; where lengths
    are nearly certain, the best of five is then one that cannot be, such as a single word that the model is sure of."""


@DECODERS.register("single-pass")
class SinglePass(TextDecoder):
    """One parallel pass of a non-autoregressive model, for one or several candidate lengths.

    With several candidates, the one with the highest mean token log-probability wins (see `best_candidates`). The
    candidates are the most probable lengths (Ghazvininejad et al. 2019); fairseq takes the neighbours of the best one.
    """

    class Options(LengthBeam):
        """How many lengths are tried, and how the best is chosen."""

    options: Options
    needs = (OnePass,)

    @torch.inference_mode()
    def decode(self, model: OnePass, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best candidate of each source, without BOS and EOS; `generator` is not used."""
        encoded_R, length_BN, prior_BN = propose_lengths(model, source_BS, self.options)
        best_RT = model.token_log_probs(encoded_R, length_BN.flatten()).max(dim=2)
        return best_candidates(best_RT.indices, best_RT.values, length_BN, prior_BN)


def propose_lengths(model: OnePass, source_BS: Tensor, options: LengthBeam) -> tuple[Encoded, Tensor, Tensor]:
    """Candidate lengths.

    Returns:
        The encoded sources, each repeated for its N candidates (B·N rows); the lengths [B, N]; and what each length
        adds to the score of its candidate [B, N]: log q(T|x), or 0 where it does not count.
    """
    encoded = model.encode(source_BS)
    log_prob_BL = model.length_log_probs(encoded)
    length_BN = candidate_lengths(log_prob_BL, options.length_beam)
    n_sources, n_lengths = length_BN.shape
    source_R = torch.arange(n_sources, device=length_BN.device).repeat_interleave(n_lengths)
    return encoded.select(source_R), length_BN, log_prob_BL.gather(1, length_BN) * options.count_length


def candidate_lengths(length_log_prob_BL: Tensor, n: int) -> Tensor:
    """The `n` most probable lengths of each source, best first, as int64 [B, N].

    Where fewer are possible, the best one is repeated, which changes no output.
    """
    best_BN = length_log_prob_BL.topk(min(n, length_log_prob_BL.shape[1]), dim=1)
    return best_BN.indices.where(best_BN.values > -torch.inf, best_BN.indices[:, :1])


def best_candidates(token_RT: Tensor, score_RT: Tensor, length_BN: Tensor, prior_BN: Tensor) -> list[list[int]]:
    """The tokens of each source's candidate with the highest mean log-probability (prior + Σ_t log q(v_t)) / (T + 2).

    With a prior of 0 this is the score of fairseq's iterative refinement without a reranker: bos and eos count with
    log-probability 0.

    Args:
        token_RT: the candidates' tokens, R = B·N rows.
        score_RT: log q of each token; what stands behind the end of a candidate is ignored.
        length_BN: the candidates' lengths.
        prior_BN: what their lengths add to their scores.
    """
    inside_RT = inside(length_BN.flatten(), token_RT.shape[1])
    total_BN = score_RT.where(inside_RT, 0).sum(dim=1).view(length_BN.shape)
    winner_B = ((prior_BN + total_BN) / (length_BN + BOUNDARY_TOKENS)).max(dim=1).indices
    token_BNT = token_RT.where(inside_RT, PAD).unflatten(0, length_BN.shape)
    return unpad(token_BNT[torch.arange(len(length_BN), device=length_BN.device), winner_B])
