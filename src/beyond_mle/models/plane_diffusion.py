"""Denoising diffusion of points (Ho et al. 2020): noise that a network removes step by step.

q(x_0) = ∫ N(x_T; 0, I) Π_t N(x_{t−1}; μ_θ(x_t, t), β_t I), an integral that only a bound is known of.
"""

import math
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.formulas.diffusion import SCHEDULES, Schedule
from beyond_mle.models.noise import standard_normal
from beyond_mle.models.perceptron import perceptron
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Points, Spec, VectorSpec

FREQUENCIES = 4
"""How many sines and cosines tell the network which step it is at."""


@MODELS.register("plane-diffusion")
class PlaneDiffusion(nn.Module):
    """A network predicts the noise ε in x_t; reverse kernels have variance β_t; in double precision."""

    accepts: ClassVar[type[Spec]] = VectorSpec
    bounded = True
    """What `log_prob` gives is a lower bound."""
    alpha_bar_T: Tensor

    class Options(BaseOptions):
        """The noise, the network, and how exactly the bound is computed."""

        headline: ClassVar[tuple[str, ...]] = ("schedule",)

        steps: int = Field(default=50, gt=1)
        """T: steps from a point to noise."""
        schedule: Literal["linear", "cosine"] = "linear"
        """How fast: β_t linear in t from 0.1/T to 20/T, or ᾱ_t like a squared cosine."""
        width: int = Field(default=64, gt=0)
        """Units of each of the two hidden layers of the network."""
        nodes: int = Field(default=4, gt=1)
        """Gauss-Hermite nodes by coordinate, for the bound's expectations over noise. Of a mixture's density 4 give the
        mean of the bound to 0.002 nats; the time grows with their square."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        self.options, self.dimensions = options, spec.dimensions
        self.network = perceptron(spec.dimensions + 2 * FREQUENCIES, options.width, spec.dimensions)
        self.register_buffer("alpha_bar_T", SCHEDULES[options.schedule](options.steps), persistent=False)
        self.double()

    @property
    def schedule(self) -> Schedule:
        """How fast points become noise."""
        return Schedule(self.alpha_bar_T)

    def predict_noise(self, noised_BD: Tensor, step_B: Tensor) -> Tensor:
        """ε_θ(x_t, t), [B, D]: the optimum for p = N(0, I), and what the network adds."""
        angle_BF = (
            step_B[:, None] / self.options.steps * math.pi * 2.0 ** torch.arange(FREQUENCIES, device=step_B.device)
        )
        network_BD = self.network(torch.cat([noised_BD, angle_BF.sin(), angle_BF.cos()], dim=1))
        return (1 - self.alpha_bar_T[step_B]).sqrt()[:, None] * noised_BD + network_BD

    def log_prob(self, batch: Points) -> LogProb:
        """The variational bound on log q of each point; there is no sequence, so T = 1.

        In training, on samples of p, an estimate of it without bias, by one random step and noise for each point; a
        convex function of the estimate is too large in the mean. Else its expectations over noise are computed by
        quadrature.
        """
        sampled = self.training and batch.density is None
        error_B = self._sampled_error(batch.point_BD) if sampled else self._whole_error(batch.point_BD)
        total_B = -self.schedule.bound_rest(batch.point_BD) - error_B
        return LogProb(total_B, torch.ones_like(total_B), certainty="lower-bound")

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D] by ancestral sampling, differentiable in the parameters."""
        like, schedule = self.alpha_bar_T, self.schedule
        point_ND = standard_normal(n, self.dimensions, like, generator)
        for step in range(schedule.steps, 0, -1):
            noise_ND = self.predict_noise(point_ND, torch.full((n,), step, device=like.device))
            fresh_ND = standard_normal(n, self.dimensions, like, generator)
            point_ND = schedule.reverse_mean(point_ND, noise_ND, step) + schedule.beta(step).sqrt() * fresh_ND
        return point_ND

    def _sampled_error(self, point_BD: Tensor) -> Tensor:
        """T times the weighted error of one step, drawn for each point."""
        steps = self.schedule.steps
        step_B = torch.randint(1, steps + 1, (len(point_BD),), device=point_BD.device)
        error_B = self.schedule.squared_error(self.predict_noise, point_BD, torch.randn_like(point_BD), step_B)
        return steps * self.schedule.bound_weight(step_B) * error_B

    def _whole_error(self, point_BD: Tensor) -> Tensor:
        """The sum over steps of the weighted mean error."""
        schedule, (noise_MD, share_M) = self.schedule, quadrature(self.options.nodes, self.dimensions)
        noise_MD, share_M = noise_MD.to(point_BD), share_M.to(point_BD)
        point_RD, noise_RD = point_BD.repeat(len(noise_MD), 1), noise_MD.repeat_interleave(len(point_BD), 0)
        total_B = torch.zeros_like(point_BD[:, 0])
        for step in range(1, schedule.steps + 1):
            step_R = torch.full((len(noise_RD),), step, device=point_BD.device)
            error_R = schedule.squared_error(self.predict_noise, point_RD, noise_RD, step_R)
            total_B = total_B + schedule.bound_weight(step) * (share_M @ error_R.view(len(noise_MD), -1))
        return total_B


def quadrature(nodes: int, dimensions: int) -> tuple[Tensor, Tensor]:
    """Points [M, D] and weights [M] for expectations over N(0, I): Gauss-Hermite, M = nodes^D."""
    node_N, weight_N = np.polynomial.hermite_e.hermegauss(nodes)
    row_MD = np.stack(np.meshgrid(*[np.arange(nodes)] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    return torch.from_numpy(node_N[row_MD]), torch.from_numpy((weight_N / weight_N.sum())[row_MD].prod(axis=1))
