"""The likeliest target of an energy-based model, by gradient ascent on its energy."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Energy
from beyond_mle.decoding.regression_decoder import RegressionDecoder
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import RegressionSpec


@DECODERS.register("refinement")
class Refinement(RegressionDecoder):
    """y ← y + λ ∂f/∂y from the best of a few places; a step that lowers f is not made, and λ is halved."""

    class Options(BaseOptions):
        """From where, and how far."""

        starts: int = Field(default=64, gt=0)
        """Places, evenly spaced over the interval of targets; the ascent starts from that of the highest f."""
        steps: int = Field(default=10, ge=0)
        """T (official: 10)."""
        step_size: float = Field(default=0.1, gt=0)
        """λ of the first step."""

    options: Options

    def decode(self, model: Energy, input_BX: Tensor, spec: RegressionSpec, generator: torch.Generator) -> Tensor:
        """One target of each input, [B, 1]; nothing is drawn."""
        with torch.no_grad():
            feature_BD = model.features(input_BX)
            width = (spec.high - spec.low) / self.options.starts
            place_S = spec.low + (torch.arange(self.options.starts, device=feature_BD.device) + 0.5) * width
            energy_B1, start_B1 = model.energy(feature_BD, place_S[None]).max(1, keepdim=True)
        target_B1, rate_B1 = place_S[start_B1], torch.full_like(energy_B1, self.options.step_size)
        for _ in range(self.options.steps):
            moved_B1 = target_B1 + rate_B1 * _slope(model, feature_BD, target_B1)
            with torch.no_grad():
                reached_B1 = model.energy(feature_BD, moved_B1)
            accepted_B1 = reached_B1 >= energy_B1
            target_B1 = torch.where(accepted_B1, moved_B1, target_B1)
            energy_B1 = torch.where(accepted_B1, reached_B1, energy_B1)
            rate_B1 = torch.where(accepted_B1, rate_B1, rate_B1 / 2)
        return target_B1


@torch.enable_grad()
def _slope(model: Energy, feature_BD: Tensor, target_B1: Tensor) -> Tensor:
    """∂f/∂y of each target."""
    target_B1 = target_B1.detach().requires_grad_()
    return torch.autograd.grad(model.energy(feature_BD, target_B1).sum(), target_B1)[0]
