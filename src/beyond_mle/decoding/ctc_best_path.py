"""Best path: the most probable symbol at every position, collapsed (Graves et al. 2006)."""

import torch
from torch import Tensor

from beyond_mle.capabilities import Aligned
from beyond_mle.decoding.alignment import collapse
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS


@DECODERS.register("ctc-best-path")
class CTCBestPath(TextDecoder):
    """The output of the most probable alignment, which need not be the most probable output.

    The official script decodes so, and like it this may give an empty output.
    """

    needs = (Aligned,)

    @torch.inference_mode()
    def decode(self, model: Aligned, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best path's output for each source; `generator` is not used."""
        log_prob_BUV = model.alignment_log_probs(model.encode(source_BS))
        return collapse(log_prob_BUV.max(dim=2).indices, model.blank)
