"""Sampling from masked diffusion: a length, then the tokens one by one in random order."""

import torch
from torch import Tensor

from beyond_mle.capabilities import Masked
from beyond_mle.decoding.sampling import SamplingOptions, draw, uniform
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import inside, unpad


@DECODERS.register("unmasking")
class Unmasking(TextDecoder):
    """A length from q(T|x), then T passes, each of which draws one more token given those drawn before.

    At temperature 1 outputs come from the distribution whose bound `masked-diffusion` raises.
    """

    class Options(SamplingOptions):
        """The temperature, which is that of the tokens and not of the length, and the number of samples."""

    options: Options
    needs = (Masked,)

    @torch.inference_mode()
    def decode(self, model: Masked, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One sample per source, without BOS and EOS.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        encoded = model.encode(source_BS)
        length_B = draw(model.length_log_probs(encoded), 1.0, generator)
        inside_BT = inside(length_B, int(length_B.max()))
        order_BT = uniform(tuple(inside_BT.shape), generator, source_BS.device).masked_fill(~inside_BT, 2.0)
        rank_BT = order_BT.argsort(dim=1).argsort(dim=1)
        token_BT = torch.where(inside_BT, model.mask, PAD)
        for place in range(token_BT.shape[1]):
            log_prob_BTV = self.options.cut(model.token_log_probs_given(encoded, token_BT))
            drawn_BT = draw(log_prob_BTV, self.options.temperature, generator)
            token_BT = drawn_BT.where((rank_BT == place) & inside_BT, token_BT)
        return unpad(token_BT)
