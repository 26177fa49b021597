"""What samples in the plane say of a model that may have no density: N samples, M points of a grid, K components."""

import math

import numpy as np
import torch
from torch import Tensor

from beyond_mle.tasks.plane import Grid, Plane


def kernel_log_density(samples_N2: Tensor, grid: Grid, bandwidth: float) -> Tensor:
    """An estimate of log q at the points of a rectangular grid, by a Gaussian kernel on samples binned to them.

    It is too wide by the bandwidth, and bounded below by the smallest normal float64, so that KL[P‖Q] of a model that
    misses a region is large but finite.
    """
    axes = [axis_M.unique() for axis_M in grid.points_N2.T]
    steps = [float(axis[1] - axis[0]) for axis in axes]
    edges = [np.append(axis.numpy() - step / 2, axis[-1] + step / 2) for axis, step in zip(axes, steps, strict=True)]
    count_XY, _, _ = np.histogram2d(*samples_N2.double().T.numpy(), bins=edges)
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
    components = torch.distributions.MultivariateNormal(
        torch.from_numpy(task.mean_K2), torch.from_numpy(task.covariance_K22)
    )
    weight_K = torch.from_numpy(task.weight_K)
    nearest_N = (components.log_prob(samples_N2.double()[:, None]) + weight_K.log()).argmax(dim=1)
    share_K = nearest_N.bincount(minlength=len(weight_K)) / len(samples_N2)
    heavy_K = weight_K >= least_weight
    return (share_K >= covered_share * weight_K)[heavy_K].double().mean().item()


def quality(samples_N2: Tensor, task: Plane) -> float:
    """The mean of log p over samples of q, in nats: negative the reverse cross-entropy, best at a spike on p's mode."""
    return task.log_prob(samples_N2.double()).mean().item()
