"""Exact search: the most probable output of a model that can list all of them."""

import torch
from torch import Tensor

from beyond_mle.capabilities import Listed
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.text.padding import unpad


@DECODERS.register("exact")
class Exact(TextDecoder):
    """The output of the highest probability; of equals the first."""

    needs = (Listed,)

    def decode(self, model: Listed, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The likeliest output of each source; `generator` is not used."""
        found = []
        for source in unpad(source_BS):
            outputs, q_N = model.distribution(source)
            found.append(outputs[int(q_N.argmax())])
        return found
