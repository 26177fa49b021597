"""Sampling from models that predict the length, then all tokens at once."""

import torch
from torch import Tensor

from beyond_mle.capabilities import OnePass
from beyond_mle.decoding.sampling import SamplingOptions, draw
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import inside, unpad


@DECODERS.register("one-pass-sample")
class OnePassSampling(TextDecoder):
    """A length from q(T|x), then every token on its own: at temperature 1 outputs come exactly from q(y, T|x)."""

    class Options(SamplingOptions):
        """From what tokens are drawn (lengths always from q), and the number of samples."""

    options: Options
    needs = (OnePass,)

    @torch.inference_mode()
    def decode(self, model: OnePass, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One sample per source, without BOS and EOS.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        encoded = model.encode(source_BS)
        length_B = draw(model.length_log_probs(encoded), 1.0, generator)
        log_prob_BTV = self.options.cut(model.token_log_probs(encoded, length_B))
        token_BT = draw(log_prob_BTV, self.options.temperature, generator)
        return unpad(token_BT.where(inside(length_B, token_BT.shape[1]), PAD))
