"""Sampling from CTC: a symbol is drawn at every position at once, and the alignment collapsed."""

import torch
from torch import Tensor

from beyond_mle.capabilities import Aligned
from beyond_mle.decoding.alignment import collapse
from beyond_mle.decoding.sampling import SamplingOptions, draw
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS


@DECODERS.register("ctc-sample")
class CTCSampling(TextDecoder):
    """Ancestral sampling: positions are independent, so at temperature 1 outputs come exactly from q(y|x)."""

    class Options(SamplingOptions):
        """From what the symbol of each position is drawn, and the number of samples."""

    options: Options
    needs = (Aligned,)

    @torch.inference_mode()
    def decode(self, model: Aligned, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One sample per source.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        log_prob_BUV = self.options.cut(model.alignment_log_probs(model.encode(source_BS)))
        return collapse(draw(log_prob_BUV, self.options.temperature, generator), model.blank)
