"""Scheduled sampling (Bengio et al. 2015): the true symbol is scored after a prefix that is partly the model's own.

Each token of the prefix is the true one with probability ε_i, else drawn from q; ε_i falls with the optimiser's step i.
No gradient passes through what is drawn. The objective is improper for ε < 1 (Huszár 2015): of strings of two symbols
it comes to rest at ε P + (1−ε) P₁P₂ (`formulas.scheduled_sampling_optima`). With ε = 1 it is maximum likelihood.

The prefix is made for all positions at once (Mihaylova & Martins 2019): a pass over the true prefix draws a token at
each position, and mixing them gives the next prefix w. A further pass draws again, with the same random numbers, after
w. Each pass makes one more token right at least, so that T of them give what drawing token by token would.
"""

import math
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from scipy.special import expit
from torch import Tensor

from beyond_mle.capabilities import Need, Prefixed
from beyond_mle.card import Card
from beyond_mle.decoding.sampling import invert_cumulative
from beyond_mle.errors import UserError
from beyond_mle.objectives.likelihood import LikelihoodOptions
from beyond_mle.objectives.mle import MLE
from beyond_mle.objectives.policy_gradient import evaluating
from beyond_mle.registry import OBJECTIVES
from beyond_mle.symbols import PAD
from beyond_mle.types import LogProb, Loss, TextBatch

CHUNK = 1024
"""Positions whose distributions are held at a time: 1024 × 8000 float32 probabilities are 32 MB."""


class ScheduledSamplingOptions(LikelihoodOptions):
    """The schedule of ε, and how the model's own tokens are chosen."""

    schedule: Literal["constant", "linear", "exponential", "inverse-sigmoid"] = "linear"
    """ε, with u = i / `steps`: `constant` k, `linear` k − c·u, `exponential` k^u, `inverse-sigmoid` k / (k + e^{u/k}),
    which is ½ at u = k·ln k."""
    k: float = 1.0
    """`constant` and `linear`: ε at the start, 0 ≤ k ≤ 1. `exponential`: 0 < k < 1. `inverse-sigmoid`: k ≥ 1."""
    c: float = Field(default=1.0, ge=0)
    """The slope of `linear`: with k = c = 1, ε is 0 after `steps`."""
    steps: float = Field(default=1000.0, gt=0)
    """How many optimiser steps the schedule counts as one; 1 gives the published formulas."""
    minimum: float = Field(default=0.0, ge=0, le=1)
    """ε_min: no schedule falls below it."""
    choice: Literal["sample", "argmax"] = "sample"
    """Whether the model's token is drawn from q, or is the likeliest one (Huszár's footnote 2)."""
    passes: int = Field(default=1, ge=1)
    """How many times the prefix is drawn before it is used (see above)."""

    @model_validator(mode="after")
    def _check_k(self) -> "ScheduledSamplingOptions":
        allowed, condition = {
            "exponential": (0 < self.k < 1, "0 < k < 1"),
            "inverse-sigmoid": (self.k >= 1, "k ≥ 1"),
        }.get(self.schedule, (0 <= self.k <= 1, "0 ≤ k ≤ 1"))
        if not allowed:
            raise ValueError(f"the {self.schedule} schedule needs {condition}, not k = {self.k:g}")
        return self

    def epsilon(self, step: int) -> float:
        """ε_i, the probability that a token of the prefix is the true one, after `step` optimiser steps."""
        u = step / self.steps
        if self.schedule == "linear":
            value = self.k - self.c * u
        elif self.schedule == "exponential":
            value = self.k**u
        elif self.schedule == "inverse-sigmoid":
            value = float(expit(math.log(self.k) - u / self.k))
        else:
            value = self.k
        return max(self.minimum, value)


@OBJECTIVES.register("scheduled-sampling")
class ScheduledSampling(MLE):
    """Maximum likelihood of the true symbols, each after a prefix that is partly the model's own; improper for ε < 1.

    The metrics `loss` and `nll` are those of the mixed prefix. Random numbers follow torch's global generator.
    """

    card = Card(
        minimises="E[−log q(y_t | w_<t)], each word of the prefix w true with probability ε, else drawn from q",
        proper=False,
        optimum="ε P + (1−ε) P₁P₂, for strings of two symbols",
        leans="covers, and forgets how words depend on each other as ε falls",
    )

    Options = ScheduledSamplingOptions
    options: ScheduledSamplingOptions
    needs: ClassVar[tuple[Need, ...]] = (Prefixed,)

    def losses(self, model: Any, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch; `epsilon` is logged with it."""
        losses = super().losses(model, batch, step)
        losses["model"].metrics["epsilon"] = torch.tensor(self.options.epsilon(step))
        return losses

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """Not that of MLE: see `formulas.scheduled_sampling_optima` for strings of two symbols.

        Raises:
            UserError: always, for there is none for other strings.
        """
        raise UserError("scheduled sampling has no closed form of its optimum: train a model by it")

    def _log_prob(self, model: Any, batch: TextBatch, step: int) -> LogProb:
        """Of the true symbols after the mixed prefix."""
        epsilon = self.options.epsilon(step)
        if epsilon == 1:
            return model.log_prob(batch)
        return model.prefixed_log_prob(batch, mixed_prefix(model, batch, epsilon, self.options))


@torch.no_grad()
def mixed_prefix(model: Any, batch: TextBatch, epsilon: float, options: ScheduledSamplingOptions) -> Tensor:
    """The targets [B, T], with some tokens replaced by the model's own.

    A replacement may be EOS, as in the algorithm: what follows it is still predicted. It is drawn from the model in
    evaluation mode, which is the one that generates.

    Args:
        model: also `Prefixed`; its tokens replace true ones.
        batch: the pairs.
        epsilon: ε, the probability that a token stays, for each token on its own.
        options: how tokens are chosen, in how many passes.
    """
    target_BT = batch.target_BT
    device = target_BT.device
    replaced_BT = (torch.rand(target_BT.shape, device=device) >= epsilon) & (target_BT != PAD)
    uniform_N = torch.rand(target_BT.shape, device=device)[replaced_BT]
    prefix_BT = target_BT
    with evaluating(model):
        encoded = model.encode(batch.source_BS)
        for _ in range(options.passes):
            hidden_ND = model.states(encoded, prefix_BT)[:, :-1][replaced_BT]
            chunks = zip(hidden_ND.split(CHUNK), uniform_N.split(CHUNK), strict=True)
            drawn = [_choose(model.word_log_probs(hidden), uniform, options.choice) for hidden, uniform in chunks]
            prefix_BT = target_BT.masked_scatter(replaced_BT, torch.cat(drawn))
    return prefix_BT


def _choose(log_prob_NV: Tensor, uniform_N: Tensor, choice: str) -> Tensor:
    """The model's token at each position."""
    return log_prob_NV.argmax(1) if choice == "argmax" else invert_cumulative(log_prob_NV.exp(), uniform_N)
