"""Maximum likelihood of an EBM with the gradient of log Z from short Markov chains that start at the data.

    ∇ NLL = E_EBM[∇f] − E_p[∇f]; the first mean is over the ends of M chains of L Langevin steps,
    y ← y + λ²/2 ∂f/∂y + λ ε,  ε ~ N(0, 1).

The chains are too short to leave the mode that they start in, so the weight of distant modes is hardly learnt.
"""

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Energy, Minibatches, Need
from beyond_mle.card import Card
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.score_matching import score
from beyond_mle.objectives.targets import true_targets
from beyond_mle.options import Options
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression, RegressionSpec


class MCMCMLOptions(Options):
    """The chains."""

    headline: ClassVar[tuple[str, ...]] = ("samples",)

    samples: int = Field(default=1024, gt=0)
    """M: chains from each true target (official: 1024)."""
    chain_steps: int = Field(default=16, gt=0)
    """L: Langevin steps (official: 16)."""
    step_size: float = Field(default=0.05, gt=0)
    """λ (official: 0.05 on the first data set)."""


@OBJECTIVES.register("mcmc-ml")
class MCMCML:
    """Maximum likelihood by short chains: the value is no likelihood, only the gradient has a meaning; biased."""

    card = Card(
        minimises="E_P[−f] + E[f] over the ends of short chains that start at the targets",
        proper=False,
        optimum="near P, the longer the chains the nearer",
        leans="as the chains can reach",
    )

    Options = MCMCMLOptions
    needs: ClassVar[tuple[Need, ...]] = (Energy, Minibatches)

    def __init__(self, options: MCMCMLOptions, spec: RegressionSpec):
        self.options = options

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """The mean of f at the ends of the chains, less f at the true target.

        Raises:
            UserError: if a target is not a finite number.
        """
        feature_BD = model.features(batch.input_BX)
        target_B1 = true_targets(batch, feature_BD)
        ends_BM = self.chains(model, feature_BD.detach(), target_B1.expand(-1, self.options.samples))
        energy_BN = model.energy(feature_BD, torch.cat([target_B1, ends_BM], dim=1))
        return {"model": mean_loss(energy_BN[:, 1:].mean(1) - energy_BN[:, 0])}

    def chains(self, model: Energy, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
        """The ends of the chains that start at these targets, [B, M], without a gradient."""
        size = self.options.step_size
        for _ in range(self.options.chain_steps):
            slope_BM = score(model, feature_BD, target_BM.detach().requires_grad_()).detach()
            target_BM = target_BM + size**2 / 2 * slope_BM + size * torch.randn_like(slope_BM)
        return target_BM
