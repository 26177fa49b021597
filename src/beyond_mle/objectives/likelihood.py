"""Likelihood objectives: MLE and the convex compositions f∘g of "Beyond MLE" (Shao et al. 2023).

All of them minimise L = −Σ_i a_i f(g_i) / Σ_i a_i, where g = log q(y|x) / T is the mean log-probability of a token
(`convex-pure`: g = log q(y|x)). Since ∇f(g) = f′(g) ∇g, each is MLE with a detached weight f′(g) per sequence: f is
all that tells them apart, label smoothing is handled once, and no objective knows a model. The reported value is −f(g).
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

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
    count_shown: bool = False
    """Whether tokens count that the model's input shows in training, for models that hide only part of the target
    (official CMLM: not in MLE, but in the convex loss)."""
    length_factor: float = Field(default=0.1, ge=0)
    """Weight of the length predictor's cross-entropy, for models that have one (official: 0.1 MLE, 0.01 convex)."""


class Likelihood(ABC):
    """−E[f(g)], for the f of a subclass."""

    Options: type[LikelihoodOptions] = LikelihoodOptions
    needs_support: ClassVar[bool] = False
    per_token: ClassVar[bool] = True
    """Whether g is log q(y|x) / T, or log q(y|x) itself."""

    def __init__(self, options: LikelihoodOptions):
        self.options = options

    @abstractmethod
    def value(self, g_B: Tensor) -> Tensor:
        """f(g), per sequence."""

    @abstractmethod
    def weight(self, g_B: Tensor) -> Tensor:
        """f′(g), per sequence."""

    def losses(self, model: Model, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch; differentiating `total` gives the gradient of −Σ_i a_i f(g_i).

        Targets that the model cannot produce are left out, and their share is logged as `impossible`.
        """
        everything = self._log_prob(model, batch, step)
        counted = everything.hidden if everything.hidden is not None and not self.options.count_shown else everything
        possible_B = counted.total_B.isfinite()
        log_prob = counted.select(possible_B)
        share_B, divisor_B = self._share_and_divisor(log_prob)
        g_B = log_prob.total_B / divisor_B
        weight_B = self.weight(g_B.detach())
        total = -(share_B * weight_B * self._smoothed(g_B, log_prob, divisor_B)).sum()
        count = share_B.sum().clamp(min=1)
        metrics = {
            "loss": -(share_B * self.value(g_B.detach())).sum() / count,
            "nll": -log_prob.total_B.detach().sum() / self._length(log_prob).sum(),  # per token
            "weight": weight_B.mean(),
            "weight_sd": weight_B.std(correction=0),
        }
        if not possible_B.all():
            metrics["impossible"] = 1 - possible_B.float().mean()
        if everything.length_log_prob_B is not None:
            length_nll = -everything.length_log_prob_B.mean()
            total = total + self.options.length_factor * count * length_nll
            metrics["length_nll"] = length_nll.detach()
        return {"model": Loss(total, count, metrics)}

    def _log_prob(self, model: Model, batch: TextBatch, step: int) -> LogProb:
        """What g is made of."""
        return model.log_prob(batch)

    def expected_loss(self, log_prob: LogProb, p_B: Tensor) -> Tensor:
        """−Σ_i p_i a_i f(g_i) / Σ_i p_i a_i: the loss where all sequences and their p are known; no label smoothing."""
        share_B, divisor_B = self._share_and_divisor(log_prob)
        value_B = self.value(log_prob.total_B / divisor_B)
        return -(p_B * share_B * value_B).sum() / (p_B * share_B).sum()

    def _share_and_divisor(self, log_prob: LogProb) -> tuple[Tensor, Tensor]:
        """a of each sequence, and what its log q(y|x) is divided by."""
        length_B = self._length(log_prob)
        one_B = torch.ones_like(length_B)
        return length_B if self.options.average == "token" else one_B, length_B if self.per_token else one_B

    def _length(self, log_prob: LogProb) -> Tensor:
        """T of each sequence."""
        return log_prob.length_B + (log_prob.boundary if self.options.count_boundary else 0)

    def _smoothed(self, g_B: Tensor, log_prob: LogProb, divisor_B: Tensor) -> Tensor:
        """What the weight multiplies: g, or its mixture with the uniform distribution's log-probability."""
        smoothing = self.options.label_smoothing
        if not smoothing or log_prob.uniform_B is None:
            return g_B
        return (1 - smoothing) * g_B + smoothing * log_prob.uniform_B / divisor_B


@OBJECTIVES.register("mle")
class MLE(Likelihood):
    """Maximum likelihood: f(g) = g."""

    def value(self, g_B: Tensor) -> Tensor:
        """The mean log-probability itself."""
        return g_B

    def weight(self, g_B: Tensor) -> Tensor:
        """1 for every sequence."""
        return torch.ones_like(g_B)


class ConvexExpOptions(LikelihoodOptions):
    """Options of `convex-exp`."""

    order: float = Field(default=1.0, gt=0)
    """k. The paper uses 1 for autoregressive models and 3 for non-autoregressive ones."""


@OBJECTIVES.register("convex-exp")
class ConvexExp(Likelihood):
    """Exponential convex composition: f(g) = exp(k·g), the mean of q(y|x)^(k/T)."""

    Options = ConvexExpOptions
    options: ConvexExpOptions

    def value(self, g_B: Tensor) -> Tensor:
        """e^{k g}, in float32 at least: half precision would underflow to 0 for sequences of low probability."""
        return torch.exp(self.options.order * g_B)

    def weight(self, g_B: Tensor) -> Tensor:
        """k e^{k g}."""
        return self.options.order * self.value(g_B)


class ConvexPowerOptions(LikelihoodOptions):
    """Options of `convex-power`."""

    order: float = Field(default=0.5, gt=0, le=1)
    """k; 1 is maximum likelihood. The paper's k is not known."""


@OBJECTIVES.register("convex-power")
class ConvexPower(Likelihood):
    """Power-function convex composition: f(g) = −(−g)^k, which the paper found hard to train."""

    Options = ConvexPowerOptions
    options: ConvexPowerOptions

    def value(self, g_B: Tensor) -> Tensor:
        """−(−g)^k."""
        return -((-g_B).clamp(min=torch.finfo(g_B.dtype).tiny) ** self.options.order)

    def weight(self, g_B: Tensor) -> Tensor:
        """k (−g)^{k−1}: grows without bound as q → 1, and is kept finite at q = 1."""
        return self.options.order * (-g_B).clamp(min=torch.finfo(g_B.dtype).tiny) ** (self.options.order - 1)


class ConvexPureOptions(LikelihoodOptions):
    """Options of `convex-pure`."""

    average: Literal["token", "sentence"] = "sentence"
    """a_i: `sentence` for the mean of q(y|x), the formula as written."""


@OBJECTIVES.register("convex-pure")
class ConvexPure(Likelihood):
    """A convex function of the probability itself, f(q) = q: f(g) = e^g, where g is log q(y|x), not divided by T."""

    Options = ConvexPureOptions
    per_token = False

    def value(self, g_B: Tensor) -> Tensor:
        """q(y|x), which is next to nothing for all but the likeliest sequences."""
        return g_B.exp()

    def weight(self, g_B: Tensor) -> Tensor:
        """q(y|x)."""
        return g_B.exp()
