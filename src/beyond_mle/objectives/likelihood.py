"""Likelihood objectives: MLE and the convex compositions f∘g of "Beyond MLE" (Shao et al. 2023).

All of them minimise L = −Σ_i a_i f(g_i) / Σ_i a_i, where g = log q(y|x) / T is the mean log-probability of a token
(`convex-pure`: g = log q(y|x)). Since ∇f(g) = f′(g) ∇g, each is MLE with a detached weight f′(g) per sequence: f is
all that tells them apart, label smoothing is handled once, and no objective knows a model. The reported value is −f(g).
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Explicit, Need
from beyond_mle.objectives.averaging import AveragingOptions, item_weights
from beyond_mle.types import LogProb, Loss, Spec


class LikelihoodOptions(AveragingOptions):
    """How a batch is averaged, and label smoothing."""

    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """ε: the gradient of g becomes that of (1−ε) g + ε × the mean log-probability over the vocabulary."""


class Likelihood(ABC):
    """−E[f(g)], for the f of a subclass."""

    Options: type[LikelihoodOptions] = LikelihoodOptions
    needs: ClassVar[tuple[Need, ...]] = (Explicit,)
    per_token: ClassVar[bool] = True
    """Whether g is log q(y|x) / T, or log q(y|x) itself."""

    def __init__(self, options: LikelihoodOptions, spec: Spec):
        self.options = options

    @abstractmethod
    def value(self, g_B: Tensor) -> Tensor:
        """f(g), per sequence."""

    @abstractmethod
    def weight(self, g_B: Tensor) -> Tensor:
        """f′(g), per sequence."""

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch; differentiating `total` gives the gradient of −Σ_i a_i f(g_i).

        Metrics: `loss`; `nll`, per token; mean and standard deviation of f′(g), `weight` and `weight_sd`; `latent_kl`
        of models with a hidden variable, per item. Targets that the model cannot produce are left out, and their share
        is logged as `impossible`. In a batch that is all of p, a_i is weighted by p: the loss is the exact expectation.
        """
        everything = self._log_prob(model, batch, step)
        counted, p_B = self.options.counted(everything), item_weights(batch)
        possible_B = counted.total_B.isfinite()
        log_prob = counted.select(possible_B)
        item_B = torch.ones_like(log_prob.total_B.detach()) if p_B is None else p_B[possible_B]
        a_B, divisor_B = self._share_and_divisor(log_prob)
        share_B = item_B * a_B
        g_B = log_prob.total_B / divisor_B
        weight_B = self.weight(g_B.detach())
        total = -(share_B * weight_B * self._smoothed(g_B, log_prob, divisor_B)).sum()
        count = share_B.sum() if p_B is not None else share_B.sum().clamp(min=1)
        mean_weight = _mean(weight_B, item_B)
        metrics = {
            "loss": -(share_B * self.value(g_B.detach())).sum() / count,
            "nll": -_mean(log_prob.total_B.detach(), item_B) / _mean(self.options.length(log_prob), item_B),
            "weight": mean_weight,
            "weight_sd": _mean((weight_B - mean_weight).square(), item_B).sqrt(),
        }
        if log_prob.latent_kl_B is not None:
            metrics["latent_kl"] = _mean(log_prob.latent_kl_B.detach(), item_B)
        if not possible_B.all():
            metrics["impossible"] = 1 - possible_B.float().mean()
        total, length_metrics = self.options.with_length_loss(total, count, everything)
        return {"model": Loss(total, count, metrics | length_metrics)}

    def _log_prob(self, model: Any, batch: Any, step: int) -> LogProb:
        """What g is made of."""
        return model.log_prob(batch)

    def _share_and_divisor(self, log_prob: LogProb) -> tuple[Tensor, Tensor]:
        """a of each sequence, and what its log q(y|x) is divided by."""
        length_B = self.options.length(log_prob)
        one_B = torch.ones_like(length_B)
        return length_B if self.options.average == "token" else one_B, length_B if self.per_token else one_B

    def _smoothed(self, g_B: Tensor, log_prob: LogProb, divisor_B: Tensor) -> Tensor:
        """What the weight multiplies: g, or its mixture with the uniform distribution's log-probability."""
        smoothing = self.options.label_smoothing
        if not smoothing or log_prob.uniform_B is None:
            return g_B
        return (1 - smoothing) * g_B + smoothing * log_prob.uniform_B / divisor_B


def _mean(value_B: Tensor, item_B: Tensor) -> Tensor:
    """Over a batch in which items count for `item_B`."""
    return (item_B * value_B).sum() / item_B.sum()
