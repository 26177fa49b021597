"""What samples in the plane say of a model that may have no density: N samples, M points of a grid, K components."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import KnownMixture, Reparametrised, Whole
from beyond_mle.errors import UserError
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.tasks.plane import Plane
from beyond_mle.types import VectorSpec
from beyond_mle.yardsticks.density import divergences, pi_of
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("sample-quality")
class SampleQuality(Yardstick):
    """Covering against seeking, told by samples.

    `coverage`: the share of p's heavy components that samples reach. `quality`: the mean of log p over samples.
    `kl-kernel`, `reverse-kl-kernel`, `js-kernel`: divergences of a kernel estimate of q, for models without a density.
    """

    class Options(BaseOptions):
        """How many samples, and what is made of them."""

        samples: int = Field(default=20_000, gt=0)
        """Samples of q that are measured."""
        bandwidth: float = Field(default=0.2, gt=0)
        """Standard deviation of the kernel that estimates a density from samples."""
        least_weight: float = Field(default=0.05, ge=0, le=1)
        """Components of p of at least this weight are heavy."""
        covered_share: float = Field(default=0.1, gt=0, le=1)
        """A component is covered if it gets at least this fraction of the samples that p gives it."""

    options: Options
    accepts = VectorSpec
    needs = (Whole, KnownMixture, Reparametrised)
    metrics = (
        Metric("coverage", "", "higher"),
        Metric("quality", "nats", "higher"),
        Metric("kl-kernel", "nats", "lower"),
        Metric("reverse-kl-kernel", "nats", "lower"),
        Metric("js-kernel", "nats", "lower"),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """From samples drawn with the subject's seed."""
        points_N2 = subject.model.sample(self.options.samples, torch.Generator().manual_seed(subject.seed))
        if not points_N2.isfinite().all():
            raise UserError("the model diverged: its samples are not finite")
        yield from self.of_points(points_N2, subject.data, pi_of(subject.objective))

    def of_points(self, points_N2: Tensor, data: Any, pi: float | None = None) -> Iterator[Score]:
        """What these samples say; with a π also JS_π."""
        o = self.options
        yield Score("coverage", coverage(points_N2, data.mixture, o.least_weight, o.covered_share))
        yield Score("quality", quality(points_N2, data.mixture))
        batch = data.whole()
        estimate_M = kernel_log_density(points_N2, batch.point_BD, o.bandwidth)
        known = (batch.density.log_p_B, estimate_M, batch.density.log_weight_B)
        yield from divergences(*known, pi, "-kernel")


def kernel_log_density(samples_N2: Tensor, point_M2: Tensor, bandwidth: float) -> Tensor:
    """An estimate of log q at the points of a rectangular grid, by a Gaussian kernel on samples binned to them.

    The points are those of `tasks.plane.Plane.grid`. The estimate is too wide by the bandwidth, and bounded below by
    the smallest normal float64, so that KL[P‖Q] of a model that misses a region is large but finite.
    """
    axes = [axis_M.unique() for axis_M in point_M2.T]
    steps = [float(axis[1] - axis[0]) for axis in axes]
    edges = [np.append(axis.numpy() - step / 2, axis[-1] + step / 2) for axis, step in zip(axes, steps, strict=True)]
    x_N, y_N = samples_N2.double().T.numpy()
    count_XY, _, _ = np.histogram2d(x_N, y_N, bins=edges)
    kernels = [torch.exp(-((axis[:, None] - axis) ** 2) / (2 * bandwidth**2)) for axis in axes]
    density_XY = kernels[0] @ torch.from_numpy(count_XY) @ kernels[1]
    density_M = density_XY.ravel() / (len(samples_N2) * 2 * math.pi * bandwidth**2)
    return density_M.clamp(min=torch.finfo(torch.float64).tiny).log()


def coverage(samples_N2: Tensor, task: Plane, least_weight: float, covered_share: float) -> float:
    """The share of p's heavy components that samples reach, each sample counted for its likeliest component.

    Args:
        samples_N2: samples of q.
        task: p.
        least_weight: from which weight on a component is heavy.
        covered_share: a component is reached by at least this fraction of the samples that its weight calls for.
    """
    weight_K = torch.from_numpy(task.weight_K)
    components = task.distribution.component_distribution
    nearest_N = (components.log_prob(samples_N2.double()[:, None]) + weight_K.log()).argmax(dim=1)
    share_K = nearest_N.bincount(minlength=len(weight_K)) / len(samples_N2)
    heavy_K = weight_K >= least_weight
    return (share_K >= covered_share * weight_K)[heavy_K].double().mean().item()


def quality(samples_N2: Tensor, task: Plane) -> float:
    """The mean of log p over samples of q, in nats: negative the reverse cross-entropy, best at a spike on p's mode."""
    return task.log_prob(samples_N2.double()).mean().item()
