"""An objective on all of p as a function of one flat vector of parameters, for SciPy."""

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from beyond_mle.kinds import Objective
from beyond_mle.types import Batch


class ExactLoss:
    """The loss and its exact gradient. D: parameters, in float64."""

    def __init__(self, model: nn.Module, objective: Objective, batch: Batch):
        """Bind them.

        Args:
            model: its parameters are overwritten at each call.
            objective: its loss on `batch` must be its expectation, see `Batch.density`.
            batch: all of p.
        """
        self.model, self.objective, self.batch = model, objective, batch
        self.parameters = list(model.parameters())

    def __call__(self, parameters_D: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss and its gradient [D]."""
        vector_to_parameters(torch.from_numpy(np.asarray(parameters_D, dtype=np.float64)), self.parameters)
        loss = self.objective.losses(self.model, self.batch)["model"]
        gradients = torch.autograd.grad(loss.total / loss.count, self.parameters)
        return loss.metrics["loss"].item(), parameters_to_vector(gradients).numpy()

    @property
    def vector(self) -> np.ndarray:
        """The model's parameters [D]."""
        return parameters_to_vector(self.parameters).detach().double().numpy().copy()
