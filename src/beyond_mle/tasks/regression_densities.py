"""Known densities p(y|x) of a scalar y given a scalar x: how data are drawn from them, and what they are.

The first two are those of the experiments of Gustafsson et al. (2022), the third is that of Gustafsson et al. (2020).
Shapes: N items, B inputs, M targets of each. All is float64.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import LogNormal, Normal

Sample = tuple[np.ndarray, np.ndarray]
"""x [N] and y [N]."""
SIZES = {"train": 2000, "dev": 200, "test": 2000}
"""Items of each split of the sets that are drawn anew; the papers' have a training set only, of this size."""


class ConditionalDensity(ABC):
    """p(y|x), and the distribution of x."""

    low: ClassVar[float]
    high: ClassVar[float]
    """The interval of y over which the official code integrates."""

    @abstractmethod
    def draw(self, rng: np.random.RandomState) -> dict[str, Sample]:
        """The items of each split."""

    @abstractmethod
    def log_p(self, x_B1: Tensor, y_BM: Tensor) -> Tensor:
        """log p(y|x), [B, M]; −∞ where p is 0."""


class Forked(ConditionalDensity):
    """Data set 1: two branches of unequal weight left of 0, a skewed density right of it."""

    low = -3.0
    high = 3.0
    weight = 0.8
    sd = 0.075
    log_sd = 0.25
    """Standard deviation of log(y + 1), right of 0."""

    def draw(self, rng: np.random.RandomState) -> dict[str, Sample]:
        """x is uniform on [−3, 3]."""
        return {split: self._draw(size, rng) for split, size in SIZES.items()}

    def _draw(self, size: int, rng: np.random.RandomState) -> Sample:
        x_N = rng.uniform(-3, 3, size)
        sign_N = np.where(rng.uniform(size=size) < self.weight, 1, -1)
        left_N = rng.normal(sign_N * np.sin(x_N), self.sd)
        return x_N, np.where(x_N < 0, left_N, rng.lognormal(0, self.log_sd, size) - 1)

    def log_p(self, x_B1: Tensor, y_BM: Tensor) -> Tensor:
        """A mixture of two Gaussians, or a shifted log-normal."""
        sine_B1 = x_B1.sin()
        main_BM, other_BM = (Normal(mean_B1, self.sd).log_prob(y_BM) for mean_B1 in (sine_B1, -sine_B1))
        left_BM = torch.logaddexp(main_BM + math.log(self.weight), other_BM + math.log(1 - self.weight))
        inside_BM = y_BM > -1
        skewed_BM = LogNormal(0.0, self.log_sd).log_prob(torch.where(inside_BM, y_BM + 1, 1.0))
        return torch.where(x_B1 < 0, left_BM, torch.where(inside_BM, skewed_BM, -math.inf))


class Zones(ConditionalDensity):
    """Data set 2: four zones of x, of densities that are skewed, symmetric, uniform and of three modes.

    It is drawn as the official code draws it, so that seed 41 gives the official items: the order of the draws counts.
    """

    low = -12.5
    high = 12.5
    ends: ClassVar[tuple[int, ...]] = (800, 1800, 2300, 3800)
    """The number of the item behind the last one of each zone; item i has x = i / 3799."""
    modes: ClassVar[tuple[tuple[float, float], ...]] = ((8.0, 8.5), (1.0, 4.0), (-4.5, -3.0))

    def draw(self, rng: np.random.RandomState) -> dict[str, Sample]:
        """Half of the items are for tests, a tenth of the others for validation."""
        skewed_N = 5 * rng.beta(0.5, 1, 800) + 0.5
        rng.shuffle(skewed_N)
        mean_N = 3 * np.cos(np.linspace(0, 5, 1000)) - 2
        symmetric_N = mean_N + rng.normal(scale=np.abs(mean_N) / 4, size=1000)
        uniform_N = rng.uniform(np.linspace(-2, -4.5, 500), np.linspace(-0.5, 9, 500))
        three_N = np.concatenate([low + (high - low) * rng.uniform(size=500) for low, high in self.modes])
        rng.shuffle(three_N)
        y_N = np.concatenate([skewed_N, symmetric_N, uniform_N, three_N])
        order_N = np.arange(len(y_N))
        rng.shuffle(order_N)
        rows = {"test": order_N[:1900], "dev": order_N[1900:2090], "train": order_N[2090:]}
        return {split: (rows[split] / 3799, y_N[rows[split]]) for split in SIZES}

    def log_p(self, x_B1: Tensor, y_BM: Tensor) -> Tensor:
        """By the zone that x lies in; at an edge of its support a density is that of its inside."""
        number_B1 = x_B1 * 3799  # of the item with this x
        mean_B1 = 3 * (5 * (number_B1 - 800) / 999).cos() - 2
        along_B1 = ((number_B1 - 1800) / 499).clamp(0, 1)
        densities = [
            _skewed(y_BM),
            Normal(mean_B1, mean_B1.abs().clamp(min=1e-9) / 4).log_prob(y_BM),
            _uniform(y_BM, -2 - 2.5 * along_B1, -0.5 + 9.5 * along_B1),
            torch.stack([_uniform(y_BM, *map(y_BM.new_tensor, ends)) for ends in self.modes]).logsumexp(0)
            - math.log(len(self.modes)),
        ]
        zone_B1 = torch.bucketize(number_B1.contiguous() + 0.5, y_BM.new_tensor(self.ends[:-1]), right=True)
        shape = torch.broadcast_shapes(x_B1.shape, y_BM.shape)
        return torch.stack([one.expand(shape) for one in densities]).gather(0, zone_B1.expand(shape)[None])[0]


class Heteroscedastic(ConditionalDensity):
    """Data set 2 of the predecessor: a Gaussian around a sine, whose noise grows with x."""

    low = -3.0
    high = 3.0

    def draw(self, rng: np.random.RandomState) -> dict[str, Sample]:
        """x is uniform on [−3, 3]."""
        inputs = {split: rng.uniform(-3, 3, size) for split, size in SIZES.items()}
        return {split: (x_N, rng.normal(np.sin(x_N), 0.15 / (1 + np.exp(-x_N)))) for split, x_N in inputs.items()}

    def log_p(self, x_B1: Tensor, y_BM: Tensor) -> Tensor:
        """N(sin x, (0.15 / (1 + e^−x))²)."""
        return Normal(x_B1.sin(), 0.15 * x_B1.sigmoid()).log_prob(y_BM)


def _skewed(y_BM: Tensor) -> Tensor:
    """The density of 5 b + ½, b ~ Beta(½, 1): ½ b^(−½) / 5. At b = 0, where it has no bound, its mean over what float32
    rounds to y = ½."""
    b_BM = (y_BM - 0.5) / 5
    inside_BM = (b_BM >= 0) & (b_BM <= 1)
    log_p_BM = math.log(0.1) - torch.where(b_BM > 0, b_BM, 2**-25 / 20).log() / 2
    return torch.where(inside_BM, log_p_BM, -math.inf)


def _uniform(y_BM: Tensor, low_B1: Tensor, high_B1: Tensor) -> Tensor:
    inside_BM = (y_BM >= low_B1) & (y_BM <= high_B1)
    return torch.where(inside_BM, -(high_B1 - low_B1).log(), -math.inf)
