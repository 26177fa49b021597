"""Sampling from CTC: a symbol is drawn at every position at once, and the alignment collapsed."""

import torch
from torch import Tensor

from beyond_mle.decoding.alignment import Aligned, collapse
from beyond_mle.decoding.sampling import SamplingOptions, invert_cumulative
from beyond_mle.registry import DECODERS


@DECODERS.register("ctc-sample")
class CTCSampling:
    """Ancestral sampling: positions are independent, so at temperature 1 outputs come exactly from q(y|x)."""

    class Options(SamplingOptions):
        """The temperature, which is that of each position's symbol, and the number of samples."""

    def __init__(self, options: Options):
        self._options = options

    @torch.inference_mode()
    def decode(self, model: Aligned, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One sample per source.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        if generator is None:
            raise ValueError("sampling needs a torch.Generator")
        log_prob_BUV = model.alignment_log_probs(model.encode(source_BS))
        prob_RV = (log_prob_BUV / self._options.temperature).softmax(dim=2).flatten(0, 1)
        uniform_R = torch.rand(len(prob_RV), generator=generator, device=generator.device).to(prob_RV.device)
        symbol_BU = invert_cumulative(prob_RV, uniform_R).view(log_prob_BUV.shape[:2])
        return collapse(symbol_BU, model.blank)
