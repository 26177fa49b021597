"""Gaussian denoising diffusion (Sohl-Dickstein et al. 2015; Ho et al. 2020): noising in closed form.

q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I), where ᾱ falls from ᾱ_0 = 1. In names of tensors T counts the steps and 0; B are
points, D coordinates, K the components of a mixture. A step is one number for all points, or a tensor [B].
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

Predict = Callable[[Tensor, Tensor], Tensor]
"""ε_θ: from x_t [B, D] and t [B] to the noise in it, [B, D]."""
LEAST_ALPHA = 0.1
"""No step keeps less than this part α_t of x_{t−1}: the errors at a step count 1/α_t in the bound."""


def linear(steps: int) -> Tensor:
    """ᾱ_t of a linear β_t, from 0.1/T to 20/T: of 1000 steps as in Ho et al."""
    return _cumulative(1 - torch.linspace(0.1, 20.0, steps, dtype=torch.float64) / steps)


def cosine(steps: int) -> Tensor:
    """ᾱ_t ∝ cos²(π/2 · (t/T + 0.008) / 1.008) (Nichol and Dhariwal 2021)."""
    share_T = torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float64)
    curve_T = torch.cos((share_T + 0.008) / 1.008 * math.pi / 2).square()
    return _cumulative(curve_T[1:] / curve_T[:-1])


SCHEDULES: dict[str, Callable[[int], Tensor]] = {"linear": linear, "cosine": cosine}
"""By name: from the number of steps T to ᾱ_0 … ᾱ_T."""


def _cumulative(alpha: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(alpha[:1]), alpha.clamp(min=LEAST_ALPHA).cumprod(0)])


@dataclass(frozen=True)
class Schedule:
    """How fast points become noise; what follows from it for each step t = 1 … T."""

    alpha_bar_T: Tensor
    """ᾱ_t, the part of a point's square that is left, for t = 0 … T."""

    @property
    def steps(self) -> int:
        """T."""
        return len(self.alpha_bar_T) - 1

    def beta(self, step: int | Tensor) -> Tensor:
        """β_t = 1 − ᾱ_t/ᾱ_{t−1}, the noise that step t adds."""
        return 1 - self.alpha_bar_T[step] / self.alpha_bar_T[step - 1]

    def noised(self, point_BD: Tensor, noise_BD: Tensor, step: int | Tensor) -> Tensor:
        """x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε."""
        alpha_bar = self._column(self.alpha_bar_T[step])
        return alpha_bar.sqrt() * point_BD + (1 - alpha_bar).sqrt() * noise_BD

    def squared_error(self, predict: Predict, point_BD: Tensor, noise_BD: Tensor, step_B: Tensor) -> Tensor:
        """‖ε − ε_θ(x_t, t)‖² of each point, [B]."""
        return (noise_BD - predict(self.noised(point_BD, noise_BD, step_B), step_B)).square().sum(1)

    def posterior(self, point_BD: Tensor, noised_BD: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Mean [B, D] and variance β̃_t of q(x_{t−1} | x_t, x_0), a round Gaussian."""
        now, before, beta = self.alpha_bar_T[step], self.alpha_bar_T[step - 1], self.beta(step)
        mean_BD = (before.sqrt() * beta * point_BD + (1 - beta).sqrt() * (1 - before) * noised_BD) / (1 - now)
        return mean_BD, beta * (1 - before) / (1 - now)

    def reverse_mean(self, noised_BD: Tensor, noise_BD: Tensor, step: int) -> Tensor:
        """The mean of x_{t−1} given x_t where ε is the noise in it: the posterior's, with the x_0 that follows."""
        beta = self.beta(step)
        return (noised_BD - beta / (1 - self.alpha_bar_T[step]).sqrt() * noise_BD) / (1 - beta).sqrt()

    def bound_weight(self, step: int | Tensor) -> Tensor:
        """What E‖ε − ε_θ‖² counts for in the bound, with reverse kernels of variance β_t."""
        beta = self.beta(step)
        return beta / (2 * (1 - beta) * (1 - self.alpha_bar_T[step]))

    def bound_rest(self, point_BD: Tensor) -> Tensor:
        """The part of the bound on −log q(x_0) that no prediction changes, [B].

        It is KL[q(x_T|x_0) ‖ N(0, I)], what the variances β_t cost beside β̃_t for t > 1, and log √(2πβ_1)^D.
        """
        dimensions, last = point_BD.shape[1], self.alpha_bar_T[-1]
        prior_B = (last * point_BD.square().sum(1) - dimensions * (last + torch.log1p(-last))) / 2
        step_T = torch.arange(2, self.steps + 1, device=point_BD.device)
        log_ratio_T = torch.log1p(-self.alpha_bar_T[step_T - 1]) - torch.log1p(-self.alpha_bar_T[step_T])
        widths = (log_ratio_T.exp() - 1 - log_ratio_T).sum() / 2
        return prior_B + dimensions * (widths + (2 * math.pi * self.beta(1)).log() / 2)

    @staticmethod
    def _column(value: Tensor) -> Tensor:
        return value[:, None] if value.ndim else value


def optimal_noise(
    noised_BD: Tensor, alpha_bar: float | Tensor, components: MultivariateNormal, weight_K: Tensor
) -> Tensor:
    """ε* = E[ε | x_t] = −√(1 − ᾱ_t) ∇ log p_t(x_t), where p_0 is a mixture of Gaussians.

    Args:
        noised_BD: x_t.
        alpha_bar: ᾱ_t.
        components: of p_0, K of them.
        weight_K: their weights.
    """
    alpha_bar = torch.as_tensor(alpha_bar, dtype=noised_BD.dtype)
    identity_DD = torch.eye(noised_BD.shape[1], dtype=noised_BD.dtype)
    spread_KDD = alpha_bar * components.covariance_matrix + (1 - alpha_bar) * identity_DD
    noised = MultivariateNormal(alpha_bar.sqrt() * components.loc, spread_KDD)
    share_BK = (noised.log_prob(noised_BD[:, None]) + weight_K.log()).softmax(1)
    away_BKD = noised_BD[:, None] - noised.loc
    pull_BKD = torch.einsum("kde,bke->bkd", noised.precision_matrix, away_BKD)
    return (1 - alpha_bar).sqrt() * torch.einsum("bk,bkd->bd", share_BK, pull_BKD)
