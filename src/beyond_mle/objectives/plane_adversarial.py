"""Generalised adversarial training in the plane: JS_π from samples of p and q alone, by a learned discriminator.

Samples of q are differentiable in the generator's parameters here, so the reward's gradient flows through them.
Shapes: B samples.
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.plane_generator import Generator
from beyond_mle.objectives.density_ratio import balanced_loss, reward
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss


@OBJECTIVES.register("plane-adversarial")
class PlaneAdversarial(nn.Module):
    """JS_π[P‖Q] by a learned discriminator: covers modes for small π, seeks one for large π; proper only if optimal."""

    class Options(BaseOptions):
        """The label prior, and the size of the discriminator."""

        pi: float = Field(default=0.5, gt=0, lt=1)
        """π, the prior probability that the discriminator is shown p; ½ is the usual adversarial training."""
        width: int = Field(default=32, gt=0)
        """Units of either hidden layer of the discriminator."""

    def __init__(self, options: Options):
        super().__init__()
        self.options = options
        self.register_buffer("pi", torch.tensor(options.pi, dtype=torch.float64))
        self.discriminator = nn.Sequential(
            nn.Linear(2, options.width),
            nn.SiLU(),
            nn.Linear(options.width, options.width),
            nn.SiLU(),
            nn.Linear(options.width, 1),
            nn.Flatten(0),
        )
        """Points [B, 2] → the logit s [B]."""

    def pathwise_losses(self, model: Generator, real_B2: Tensor, generator: torch.Generator) -> dict[str, Loss]:
        """The losses of both players; each is to be differentiated by its own player's parameters only.

        Args:
            model: whose samples are differentiable in its parameters.
            real_B2: samples of p.
            generator: draws as many samples of q.

        Returns:
            `model`: −(1−π) times the reward, whose gradient is that of JS_π where s is optimal;
            `discriminator`: `balanced_loss`.
        """
        fake_B2 = model.sample(len(real_B2), generator)
        logit_p_B, logit_q_B = self.discriminator(real_B2), self.discriminator(fake_B2)
        losses_B = {
            "model": -(1 - self.pi) * reward(logit_q_B, self.pi),
            "discriminator": balanced_loss(logit_p_B, logit_q_B),
        }
        count = torch.tensor(float(len(real_B2)))
        return {player: Loss(loss_B.sum(), count) for player, loss_B in losses_B.items()}
