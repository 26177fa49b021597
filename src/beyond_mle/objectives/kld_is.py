"""KL from the blurred data to an EBM, by importance sampling (KLD-IS; Gustafsson et al. 2020).

KL(N(y_i, s²) ‖ EBM) = log Z(x_i) − ∫ f(x_i, y) N(y; y_i, s²) dy − H(N),   both integrals by the same draws from q.
"""

from typing import Any

from pydantic import Field

from beyond_mle.card import Card
from beyond_mle.formulas import importance
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.importance_sampling import ImportanceSampling, NoiseOptions
from beyond_mle.objectives.targets import TargetNoise
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression


class KLDISOptions(NoiseOptions):
    """The proposal, and how far the data are blurred."""

    blur: float = Field(default=0.025, gt=0)
    """s, the standard deviation of the Gaussian in place of each true target (official: 0.025)."""


@OBJECTIVES.register("kld-is")
class KLDIS(ImportanceSampling):
    """KL from the data, blurred, to the EBM by importance sampling; biased for small M."""

    card = Card(
        minimises="E[log Ẑ − f] over blurred targets, by M draws from a proposal",
        proper=False,
        optimum="a blurred P, as M → ∞",
        leans="covers",
    )

    Options = KLDISOptions
    options: KLDISOptions

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """Of the model log Ẑ less the mean energy of the blurred data, of a learned proposal J_KL."""
        draws = self.draw(model, batch)
        blurred = TargetNoise([self.options.blur])
        log_blurred_BM = blurred.conditional_log_prob(draws.target_BN[:, :1], draws.target_BN[:, 1:])
        weight_BM = importance.log_weights(log_blurred_BM, draws.log_q_BN[:, 1:].detach()).exp()
        energy_B = (weight_BM * draws.energy_BN[:, 1:]).mean(1)
        return {"model": mean_loss(draws.log_z_B - energy_B)} | self.of_proposal(draws)
