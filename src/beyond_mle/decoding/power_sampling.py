"""Power sampling: whole strings ∝ q^β from a model of q, without training.

With β = T/(T − k) that is the optimum of `convex-exp` of order k for outputs of one length T, made from a model that
MLE has trained: the decoder's answer to convex learning. A temperature of the tokens is something else, as it
normalises after each prefix and cannot foresee what follows. Drawn is by importance resampling: of candidates from q,
one is taken with probability ∝ q^{β−1}. It is exact for ever more candidates; of C candidates none can be found whose q
is far below 1/C. Where lengths differ every candidate has the β of its own T. R counts the candidates of all sources.
"""

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Explicit, Stepwise
from beyond_mle.decoding.length_limit import LengthLimit
from beyond_mle.decoding.sampling import Draws, Sampling, draw
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.text.padding import pad
from beyond_mle.types import LogProb, TextBatch

_LEAST_SLACK = 1e-6
"""What stands for T − k where that is not positive: β so large that only the likeliest candidate is taken."""


@DECODERS.register("power-sample")
class PowerSampling(TextDecoder):
    """Of candidates from an autoregressive model's q, one with probability ∝ q^(k/(T−k))."""

    class Options(Draws, LengthLimit):
        """How sharp, from how many candidates, and the limits of the length."""

        headline: ClassVar[tuple[str, ...]] = ("order",)

        order: float = Field(default=1.0, gt=0)
        """k, as of `convex-exp`: β = T/(T − k), where T counts EOS. For k ≥ T the likeliest candidate is taken."""
        candidates: int = Field(default=32, ge=1)
        """From how many samples of q each output is taken; 1 samples from the model itself. They are decoded together,
        so a batch holds so many times its sources."""
        min_length: int = Field(default=0, ge=0)
        """As of `sample`."""

    options: Options
    needs = (Stepwise, Explicit)

    @torch.inference_mode()
    def decode(self, model: Any, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One output per source, without BOS and EOS.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        n, limits = self.options.candidates, self.options.model_dump(include=set(LengthLimit.model_fields))
        source_RS = source_BS.repeat_interleave(n, dim=0)
        outputs = Sampling(Sampling.Options(**limits)).decode(model, source_RS, generator)
        log_weight_R = self._log_weight(model.log_prob(TextBatch(source_RS, pad(outputs).to(source_RS.device))))
        chosen_B = draw(log_weight_R.view(-1, n), 1.0, generator)
        return [outputs[row * n + chosen] for row, chosen in enumerate(chosen_B.tolist())]

    def _log_weight(self, said: LogProb) -> Tensor:
        """(β − 1) log q of each candidate."""
        slack_R = said.length_B + said.boundary - self.options.order
        return self.options.order / slack_R.clamp(min=_LEAST_SLACK) * said.joint_B
