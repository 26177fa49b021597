"""Mask-predict (Ghazvininejad et al. 2019): predict everything, then predict the least certain tokens again."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Masked
from beyond_mle.decoding.single_pass import LengthBeam, best_candidates, propose_lengths
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import inside


@DECODERS.register("mask-predict")
class MaskPredict(TextDecoder):
    """N passes: before pass i = 1 … N − 1 (the first is 0), the floor(T·(N − i)/N) least probable tokens are hidden.

    Hidden tokens are predicted again, given the others, and get a new probability; the others keep theirs. An output
    token equal to the mask symbol counts as hidden, as in the official code. Every candidate length is refined on its
    own, and the best is chosen as by `single-pass`, which this is with one pass.
    """

    class Options(LengthBeam):
        """How many passes, how many lengths are tried, and how the best is chosen."""

        iterations: int = Field(default=4, ge=1)
        """N: passes of the decoder, the first included; 10 is common in the literature."""
        length_beam: int = Field(default=5, ge=1)
        """The most probable lengths, all refined."""

    options: Options
    needs = (Masked,)

    @torch.inference_mode()
    def decode(self, model: Masked, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best candidate of each source, without BOS and EOS; `generator` is not used."""
        encoded_R, length_BN, prior_BN = propose_lengths(model, source_BS, self.options)
        length_R = length_BN.flatten()
        inside_RT = inside(length_R, int(length_R.max()))
        token_RT = torch.where(inside_RT, model.mask, PAD)
        # Padding stays at 0: no token is more certain, and of equal scores the first ones are hidden, so it never is.
        score_RT = torch.zeros(inside_RT.shape, device=length_R.device)
        passes = self.options.iterations
        for i in range(passes):
            token_RT = token_RT.masked_fill(least_certain(score_RT, length_R * (passes - i) // passes), model.mask)
            hidden_RT = token_RT == model.mask
            best_RT = model.token_log_probs_given(encoded_R, token_RT).max(dim=2)
            token_RT = best_RT.indices.where(hidden_RT, token_RT)
            score_RT = best_RT.values.where(hidden_RT, score_RT)
        return best_candidates(token_RT, score_RT, length_BN, prior_BN)


def least_certain(score_RT: Tensor, count_R: Tensor) -> Tensor:
    """Where the `count_R` lowest scores of each row stand; of equal scores, the first."""
    rank_RT = score_RT.argsort(dim=1, stable=True).argsort(dim=1)
    return rank_RT < count_R[:, None]
