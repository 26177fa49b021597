"""Round Gaussians fitted exactly to a density in the plane: the losses of its objectives by quadrature, and starts."""

import math

import numpy as np
import torch
from torch import Tensor

from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.divergence import Divergence, expected_loss
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.exact import Loss


class PlaneFit:
    """One density p and the model N(b, a² I), whose parameters are the vector (b, log a)."""

    def __init__(self, task: Plane):
        self.task = task
        self.grid = task.grid()
        self.log_p_N = task.log_prob(self.grid.points_N2)
        self._model = IsotropicGaussian(IsotropicGaussian.Options())

    def log_q(self, parameters_3: Tensor, points_N2: Tensor) -> Tensor:
        """log q at each point, differentiable in the parameters."""
        named = {"mean": parameters_3[:2], "log_scale": parameters_3[2]}
        return torch.func.functional_call(self._model, named, (points_N2,)).total_B

    def loss(self, objective: Divergence | Likelihood) -> Loss:
        """The objective as a function of the parameters."""

        def value(parameters_3: Tensor) -> Tensor:
            log_q_N = self.log_q(parameters_3, self.grid.points_N2)
            return expected_loss(objective, self.log_p_N, log_q_N, self.grid.log_weight_N)

        return value

    def starts(self, least_weight: float) -> list[np.ndarray]:
        """Parameters to start from: p's own moments, each component that is heavy enough, and a coarse 3 × 3 set.

        Args:
            least_weight: the weight that makes a component heavy enough.
        """
        task, sd = self.task, self.task.isotropic_sd
        moments = [np.array([*task.mean_2, math.log(sd)])]
        components = [
            np.array([*mean_2, math.log(np.trace(covariance_22) / 2) / 2])
            for weight, mean_2, covariance_22 in zip(task.weight_K, task.mean_K2, task.covariance_K22, strict=True)
            if weight >= least_weight
        ]
        coarse = [
            np.array([*(task.mean_2 + sd * np.array([x, y])), math.log(sd / 2)]) for x in (-1, 0, 1) for y in (-1, 0, 1)
        ]
        return moments + components + coarse
