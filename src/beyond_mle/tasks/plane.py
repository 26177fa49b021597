"""Densities in the plane that are known exactly: a mixture of Gaussians, or one Gaussian of full covariance.

The mixture is that of Theis, van den Oord and Bethge (2016), whose software Huszár (2015) drew Figure 1 with: ten
isotropic components, all of them drawn from a seed. Shapes: N points, K components, 2 coordinates. All is float64.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import TASKS
from beyond_mle.tasks.prepared import Counts
from beyond_mle.types import Density, Points, Spec, VectorSpec

Matrix = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class PlaneData:
    """The density, and samples of it to train on."""

    p: "Plane"
    spec: ClassVar[VectorSpec] = VectorSpec(dimensions=2)

    @property
    def mixture(self) -> "Plane":
        """The density, which has components."""
        return self.p

    def whole(self) -> Points:
        """The quadrature grid."""
        return self._grid

    def epoch(self, number: int, seed: int, budget: int) -> list[np.ndarray]:
        """Batches of `budget` of the samples, as row numbers; samples that fill no batch wait for the next epoch."""
        order_N = np.random.default_rng([seed, number]).permutation(len(self.train_N2))
        return list(order_N[: len(order_N) // budget * budget].reshape(-1, budget))

    def batch(self, key: np.ndarray) -> Points:
        """The samples with these row numbers."""
        return Points(self.train_N2[key])

    @cached_property
    def _grid(self) -> Points:
        points_N2, log_weight_N = self.p.grid()
        return Points(points_N2, Density(self.p.log_prob(points_N2), log_weight_N))

    @cached_property
    def train_N2(self) -> Tensor:
        """The samples of p to train on."""
        o = self.p.options
        return torch.from_numpy(self.p.sample(o.train, np.random.default_rng(o.seed)))


@TASKS.register("plane")
class Plane:
    """Points in the plane, from a density p that is known: a mixture of ten round Gaussians, or one Gaussian."""

    spec: ClassVar[type[Spec]] = VectorSpec
    Data = PlaneData

    class Options(BaseOptions):
        """Which density, and how finely it is integrated."""

        headline: ClassVar[tuple[str, ...]] = ("mixture_seed",)

        mixture_seed: int | None = Field(default=22, ge=0)
        """Seed of the mixture; 22 is the default of the original software. null: one Gaussian, see `covariance`."""
        mean: tuple[float, float] = (0.0, 0.0)
        """Mean of the one Gaussian."""
        covariance: Matrix = ((1.0, 0.0), (0.0, 1.0))
        """Covariance matrix of the one Gaussian."""
        grid_step: float = Field(default=0.2, gt=0)
        """Distance between the points of the quadrature grid: well below the narrowest density's sd."""
        grid_reach: float = Field(default=6.0, gt=0)
        """The grid covers each component, and the isotropic Gaussian of p's moments, to so many of their sds."""

        train: int = Field(default=20_000, gt=0)
        """Samples of p to train on, where a solver does not integrate."""
        seed: int = Field(default=1, ge=0)
        """Of these samples."""

        @model_validator(mode="after")
        def _check_covariance(self) -> "Plane.Options":
            matrix = np.array(self.covariance)
            if not np.array_equal(matrix, matrix.T) or np.linalg.eigvalsh(matrix).min() <= 0:
                raise ValueError("covariance must be symmetric and positive definite")
            return self

    def __init__(self, options: Options):
        self.options = options
        if options.mixture_seed is None:
            self.weight_K = np.ones(1)
            self.mean_K2 = np.array([options.mean])
            self.covariance_K22 = np.array([options.covariance])
        else:
            self.weight_K, self.mean_K2, variance_K = _theis_mixture(options.mixture_seed)
            self.covariance_K22 = variance_K[:, None, None] * np.eye(2)

    def source_files(self) -> list[str]:
        """No files: the density is known."""
        return []

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Nothing to write: everything follows from the options."""
        return {"train": {"read": self.options.train, "kept": self.options.train, "dropped": {}}}

    def open(self, folder: Path) -> PlaneData:
        """The density as data."""
        return PlaneData(self)

    @property
    def mean_2(self) -> np.ndarray:
        """E[x]."""
        return self.weight_K @ self.mean_K2

    @property
    def isotropic_sd(self) -> float:
        """The sd of the isotropic Gaussian of p's moments, √(tr Cov / 2): the maximum-likelihood fit."""
        spread_K = np.trace(self.covariance_K22, axis1=1, axis2=2) + ((self.mean_K2 - self.mean_2) ** 2).sum(axis=1)
        return math.sqrt(self.weight_K @ spread_K / 2)

    @cached_property
    def distribution(self) -> MixtureSameFamily:
        """p as PyTorch's mixture."""
        components = MultivariateNormal(torch.from_numpy(self.mean_K2), torch.from_numpy(self.covariance_K22))
        return MixtureSameFamily(Categorical(torch.from_numpy(self.weight_K)), components)

    def log_prob(self, points_N2: Tensor) -> Tensor:
        """log p at each point, in nats."""
        return self.distribution.log_prob(points_N2)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n points, as [n, 2]."""
        component_N = rng.choice(len(self.weight_K), size=n, p=self.weight_K)
        factor_K22 = np.linalg.cholesky(self.covariance_K22)
        noise_N2 = rng.standard_normal((n, 2))
        return self.mean_K2[component_N] + np.einsum("nij,nj->ni", factor_K22[component_N], noise_N2)

    def grid(self) -> tuple[Tensor, Tensor]:
        """A rectangle of points [N, 2] and the logarithms of the trapezoid rule's weights [N].

        ∫ f ≈ Σ_n exp(log_weight_n) f(point_n).
        """
        sd_K2 = np.sqrt(np.diagonal(self.covariance_K22, axis1=1, axis2=2))
        centre = np.vstack([self.mean_K2, self.mean_2])
        reach = self.options.grid_reach * np.vstack([sd_K2, np.full(2, self.isotropic_sd)])
        axes = [_trapezoid(*bounds, self.options.grid_step) for bounds in zip(*_range(centre, reach), strict=True)]
        points_N2 = torch.cartesian_prod(*(place for place, _ in axes))
        weight_N2 = torch.cartesian_prod(*(weight for _, weight in axes))
        return points_N2, weight_N2.log().sum(dim=1)


def _theis_mixture(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and variances of the ten components; the order of the draws is that of the original software."""
    rng = np.random.RandomState(seed)
    weight_K = rng.dirichlet(np.full(10, 0.5))
    variance_K = 1 / (rng.random_sample(10) + 1) ** 2
    mean_K2 = 1.5 * rng.standard_normal((100, 10))[:2].T  # the software draws means in 100 dimensions
    return weight_K, mean_K2, variance_K


def _range(centre: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (centre - reach).min(axis=0), (centre + reach).max(axis=0)


def _trapezoid(low: float, high: float, step: float) -> tuple[Tensor, Tensor]:
    """Points from low to high or a little beyond, and their weights."""
    place = low + step * torch.arange(math.ceil((high - low) / step) + 1, dtype=torch.float64)
    weight = torch.full_like(place, step)
    weight[[0, -1]] = step / 2
    return place, weight
