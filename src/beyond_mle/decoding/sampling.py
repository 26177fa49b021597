"""Ancestral sampling: each token is drawn from the model's distribution, at a temperature, or from a part of it."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Stepwise
from beyond_mle.decoding.length_limit import LengthLimit
from beyond_mle.decoding.stepping import step_by_step
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.options import Options
from beyond_mle.registry import DECODERS


class Draws(Options):
    """What all decoders that draw have in common."""

    samples: int = Field(default=1, ge=1)
    """How many outputs are drawn for each test source."""


class SamplingOptions(Draws):
    """From what tokens are drawn: by default from the model itself."""

    headline: ClassVar[tuple[str, ...]] = ("temperature", "nucleus", "cutoff")

    temperature: float = Field(default=1.0, gt=0)
    """Tokens are drawn ∝ q^(1/temperature); 1 samples from the model itself."""
    nucleus: float = Field(default=1.0, gt=0, le=1)
    """Only the likeliest tokens are drawn, no more of them than it takes for q to reach this sum (top-p, Holtzman et
    al. 2020); 1: all."""
    cutoff: float = Field(default=0.0, ge=0, lt=1)
    """Tokens whose q is below it are never drawn, unless all are: then the likeliest is; 0: none."""

    def cut(self, log_prob: Tensor) -> Tensor:
        """log q along the last axis, −inf for what is left out; the same tensor if nothing is.

        Both judge q itself, before the temperature. The likeliest token always stays.
        """
        if self.nucleus == 1 and self.cutoff == 0:
            return log_prob
        sorted_log_q, index = log_prob.sort(dim=-1, descending=True, stable=True)
        q = sorted_log_q.exp()
        kept = (q.cumsum(dim=-1) - q < self.nucleus) & (q >= self.cutoff)
        kept[..., 0] = True
        return log_prob.masked_fill(~kept.gather(-1, index.argsort(dim=-1)), -torch.inf)


@DECODERS.register("sample")
class Sampling(TextDecoder):
    """Ancestral sampling from autoregressive models."""

    class Options(SamplingOptions, LengthLimit):
        """From what tokens are drawn, the number of samples and the limits of the length."""

        min_length: int = Field(default=0, ge=0)
        """No sample is shorter; above 0, samples are no longer from the model's own distribution."""

    options: Options
    needs = (Stepwise,)

    @torch.inference_mode()
    def decode(self, model: Stepwise, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """One sample per source, without BOS and EOS; one that reaches its length limit is cut there.

        Raises:
            ValueError: without a generator, since a sample must be reproducible.
        """
        limit_B = self.options.lengths(source_BS, model)
        # Drawn in one piece, so that a sample does not depend on when finished rows leave the batch.
        shape = (len(source_BS), int(limit_B.max()))
        uniform_BT = uniform(shape, generator, source_BS.device)

        def choose(log_prob_RV: Tensor, row_R: Tensor, step: int) -> Tensor:
            prob_RV = (self.options.cut(log_prob_RV) / self.options.temperature).softmax(dim=1)
            return invert_cumulative(prob_RV, uniform_BT[row_R, step])

        return step_by_step(model, source_BS, limit_B, self.options.min_length, choose)


def draw(log_prob: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    """One index from each distribution at once.

    Args:
        log_prob: log-probabilities along the last axis, […, V].
        temperature: indices are drawn ∝ q^(1/temperature).
        generator: of the random numbers.

    Raises:
        ValueError: without a generator.
    """
    prob_RV = (log_prob / temperature).softmax(dim=-1).flatten(0, -2)
    uniform_R = uniform((len(prob_RV),), generator, log_prob.device)
    return invert_cumulative(prob_RV, uniform_R).view(log_prob.shape[:-1])


def uniform(shape: tuple[int, ...], generator: torch.Generator | None, device: torch.device) -> Tensor:
    """Uniform numbers from [0, 1), drawn where the generator is and moved to `device`.

    Raises:
        ValueError: without a generator, since a sample must be reproducible.
    """
    if generator is None:
        raise ValueError("sampling needs a torch.Generator")
    return torch.rand(shape, generator=generator, device=generator.device).to(device)


def invert_cumulative(prob_RV: Tensor, uniform_R: Tensor) -> Tensor:
    """Draw one index per row by inverting the cumulative distribution.

    On CPUs ten times as fast as `torch.multinomial`, which draws a random number for every probability.

    Args:
        prob_RV: probabilities, each row up to a factor; an index of probability 0 is never drawn.
        uniform_R: uniform numbers from [0, 1).
    """
    cumulative_RV = prob_RV.cumsum(dim=1)
    # 1 − u lies in (0, 1]: the target is positive and at most the last sum, so the index is always in range.
    target_R1 = (1 - uniform_R)[:, None] * cumulative_RV[:, -1:]
    return torch.searchsorted(cumulative_RV, target_R1).squeeze(1)
