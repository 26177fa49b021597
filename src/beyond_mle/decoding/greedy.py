"""Greedy decoding: the most probable token, one at a time."""

import torch
from torch import Tensor

from beyond_mle.capabilities import Stepwise
from beyond_mle.decoding.length_limit import LengthLimit
from beyond_mle.decoding.stepping import step_by_step
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS


@DECODERS.register("greedy")
class Greedy(TextDecoder):
    """Greedy decoding of autoregressive models."""

    class Options(LengthLimit):
        """Only the limits of the length."""

    options: Options
    needs = (Stepwise,)

    @torch.inference_mode()
    def decode(self, model: Stepwise, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The greedy output of each source, without BOS and EOS; `generator` is not used."""
        limit_B = self.options.lengths(source_BS, model)
        return step_by_step(model, source_BS, limit_B, self.options.min_length, _most_probable)


def _most_probable(log_prob_RV: Tensor, row_R: Tensor, step: int) -> Tensor:
    # On CPUs max is several times as fast as argmax.
    return log_prob_RV.max(dim=1).indices
