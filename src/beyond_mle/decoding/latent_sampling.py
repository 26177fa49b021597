"""Sampling from models of text with a hidden variable: first z, then a token at a time."""

import torch
from torch import Tensor

from beyond_mle.capabilities import LatentStepwise
from beyond_mle.decoding.sampling import Sampling
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.models.noise import standard_normal
from beyond_mle.registry import DECODERS


@DECODERS.register("latent-sample")
class LatentSampling(TextDecoder):
    """Ancestral sampling given z ~ N(0, I), drawn for each output; the temperature is that of tokens, not of z."""

    Options = Sampling.Options
    options: Sampling.Options
    needs = (LatentStepwise,)

    def decode(
        self, model: LatentStepwise, source_BS: Tensor, generator: torch.Generator | None = None
    ) -> list[list[int]]:
        """One sample per source, without BOS and EOS.

        Raises:
            ValueError: without a generator.
        """
        like = torch.empty((), device=source_BS.device)
        latent_BK = standard_normal(len(source_BS), model.latent, like, generator)
        return Sampling(self.options).decode(model.given(latent_BK), source_BS, generator)
