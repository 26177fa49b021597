"""The bound on the likelihood of a model with a hidden variable, and what keeps the variable in use.

    −E_q[log q(x|z)] + β KL(q(z|x) ‖ N(0, I)),  the expectation by r draws of z.

β = 1 is the bound itself, −log q(x) + KL(q(z|x) ‖ posterior); β > 1 a looser bound (Higgins et al. 2017), β < 1 none.
Where a decoder can do without z, training starts by emptying it: β that rises from 0 (Bowman et al. 2016), or free bits
(Kingma et al. 2016), a part of the KL that costs nothing, are against that.
"""

from typing import Any, ClassVar

import torch
from pydantic import Field, model_validator
from torch import Tensor

from beyond_mle.capabilities import Latent, Need
from beyond_mle.card import Card
from beyond_mle.objectives.averaging import item_weights
from beyond_mle.objectives.likelihood import LikelihoodOptions
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Batch, LogProb, Loss


class ELBOOptions(LikelihoodOptions):
    """The weight of the KL, and how the bound is estimated."""

    headline: ClassVar[tuple[str, ...]] = ("beta",)

    beta: float = Field(default=1.0, ge=0)
    """β, the weight of KL(q(z|x) ‖ prior)."""
    anneal_steps: int = Field(default=0, ge=0)
    """Optimiser steps in which the weight rises from 0 to β; 0: it is β from the start."""
    free_bits: float = Field(default=0.0, ge=0)
    """λ in nats: of each coordinate of z, a mean KL over the batch up to λ costs as much as λ, and has no gradient."""
    samples: int = Field(default=1, ge=1)
    """r: draws of z for each item. In a batch that is all of p the model's `points` stand in their place."""
    importance_weighted: bool = False
    """The tighter bound of Burda et al. (2016), in which the r draws are weighted; it has no KL of its own to weigh."""

    @model_validator(mode="after")
    def _check_weighted(self) -> "ELBOOptions":
        if self.importance_weighted and (self.beta != 1 or self.anneal_steps or self.free_bits):
            raise ValueError("importance_weighted has no KL to weigh: leave out beta, anneal_steps and free_bits")
        return self

    def weight(self, step: int) -> float:
        """The weight of the KL after `step` optimiser steps."""
        return self.beta * (min(1.0, step / self.anneal_steps) if self.anneal_steps else 1.0)


@OBJECTIVES.register("elbo")
class ELBO(MLE):
    """The bound on the likelihood, its KL weighed by β; with β = 1 maximum likelihood of what `log_prob` gives.

    The metrics `loss` and `nll` are those of the weighed bound. Draws follow torch's global generator.
    """

    card = Card(
        minimises="E_P[−E log q(x|z) + β KL[q(z|x)‖q(z)]], an upper bound of E_P[−log q] for β = 1",
        proper=True,
        optimum="P, if β = 1 and encoder and decoder can be anything",
        leans="covers",
    )
    Options = ELBOOptions
    options: ELBOOptions
    needs: ClassVar[tuple[Need, ...]] = (Latent,)

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch; the weight of the KL is logged as `beta`."""
        losses = super().losses(model, batch, step)
        losses["model"].metrics["beta"] = torch.tensor(self.options.weight(step))
        return losses

    def _log_prob(self, model: Any, batch: Any, step: int) -> LogProb:
        """The bound, with another price for what q(z|x) says."""
        inferred = model.infer(batch, self.options.samples)
        if self.options.importance_weighted:
            return inferred.importance_weighted_bound()
        return inferred.bound(self.options.weight(step) * self._paid(inferred.posterior.kl_BK, batch))

    def _paid(self, kl_BK: Tensor, batch: Batch) -> Tensor:
        """The KL of each item; λ for a coordinate whose mean is below it."""
        item_B = item_weights(batch)
        share_B = torch.ones_like(kl_BK[:, 0]) if item_B is None else item_B
        mean_K = (share_B @ kl_BK.detach()) / share_B.sum()
        return torch.where(mean_K > self.options.free_bits, kl_BK, self.options.free_bits).sum(1)
