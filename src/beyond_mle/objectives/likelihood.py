"""Likelihood objectives: MLE and the convex compositions f∘g of "Beyond MLE" (Shao et al. 2023).

All of them minimise L = −Σ_i a_i f(g_i) / Σ_i a_i, where g = log q(y|x) / T is the mean log-probability of a token.
Since ∇f(g) = f′(g) ∇g, each is MLE with a detached weight f′(g) per sequence: f is all that tells them apart, label
smoothing is handled once, and no objective knows a model. The reported value is −f(g) itself.
"""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.options import Options
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import LogProb, Loss, Model, TextBatch


class LikelihoodOptions(Options):
    """Where the official code and the formula differ, the default is the official choice for autoregressive models."""

    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """ε: the gradient of g becomes that of (1−ε) g + ε × the mean log-probability over the vocabulary."""
    average: Literal["token", "sentence"] = "token"
    """a_i: `token` weighs a sentence by its T (official: Transformer, and MLE of every model), `sentence` by 1
    (official: convex losses of non-autoregressive models; the formula as written)."""
    count_boundary: bool = True
    """Whether T counts the boundary symbols: eos for autoregressive, bos and eos for other models (official)."""
    length_factor: float = Field(default=0.1, ge=0)
    """Weight of the length predictor's cross-entropy, for models that have one (official: 0.1 MLE, 0.01 convex)."""


class Likelihood(ABC):
    """−E[f(g)], for the f of a subclass."""

    Options: type[LikelihoodOptions] = LikelihoodOptions

    def __init__(self, options: LikelihoodOptions):
        self.options = options

    @abstractmethod
    def value(self, mean_log_prob_B: Tensor) -> Tensor:
        """f(g), per sequence."""

    @abstractmethod
    def weight(self, mean_log_prob_B: Tensor) -> Tensor:
        """f′(g), per sequence."""

    def losses(self, model: Model, batch: TextBatch) -> dict[str, Loss]:
        """The loss of a batch; differentiating `total` gives the gradient of −Σ_i a_i f(g_i)."""
        log_prob = model.log_prob(batch)
        length_B = log_prob.length_B + (log_prob.boundary if self.options.count_boundary else 0)
        share_B = length_B if self.options.average == "token" else torch.ones_like(length_B)
        mean_B = log_prob.total_B / length_B
        weight_B = self.weight(mean_B.detach())
        total = -(share_B * weight_B * self._smoothed(mean_B, log_prob, length_B)).sum()
        count = share_B.sum()
        metrics = {
            "loss": -(share_B * self.value(mean_B.detach())).sum() / count,
            "nll": -log_prob.total_B.detach().sum() / length_B.sum(),  # per token
            "weight": weight_B.mean(),
            "weight_sd": weight_B.std(correction=0),
        }
        if log_prob.length_log_prob_B is not None:
            length_nll = -log_prob.length_log_prob_B.mean()
            total = total + self.options.length_factor * count * length_nll
            metrics["length_nll"] = length_nll.detach()
        return {"model": Loss(total, count, metrics)}

    def _smoothed(self, mean_B: Tensor, log_prob: LogProb, length_B: Tensor) -> Tensor:
        """What the weight multiplies: g, or its mixture with the uniform distribution's log-probability."""
        smoothing = self.options.label_smoothing
        if not smoothing or log_prob.uniform_B is None:
            return mean_B
        return (1 - smoothing) * mean_B + smoothing * log_prob.uniform_B / length_B


@OBJECTIVES.register("mle")
class MLE(Likelihood):
    """Maximum likelihood: f(g) = g."""

    def value(self, mean_log_prob_B: Tensor) -> Tensor:
        """The mean log-probability itself."""
        return mean_log_prob_B

    def weight(self, mean_log_prob_B: Tensor) -> Tensor:
        """1 for every sequence."""
        return torch.ones_like(mean_log_prob_B)


class ConvexExpOptions(LikelihoodOptions):
    """Options of `convex-exp`."""

    order: float = Field(default=1.0, gt=0)
    """k. The paper uses 1 for autoregressive models and 3 for non-autoregressive ones."""


@OBJECTIVES.register("convex-exp")
class ConvexExp(Likelihood):
    """Exponential convex composition: f(g) = exp(k·g), the mean of q(y|x)^(k/T)."""

    Options = ConvexExpOptions
    options: ConvexExpOptions

    def value(self, mean_log_prob_B: Tensor) -> Tensor:
        """e^{k g}, in float32 at least: half precision would underflow to 0 for sequences of low probability."""
        return torch.exp(self.options.order * mean_log_prob_B)

    def weight(self, mean_log_prob_B: Tensor) -> Tensor:
        """k e^{k g}."""
        return self.options.order * self.value(mean_log_prob_B)
