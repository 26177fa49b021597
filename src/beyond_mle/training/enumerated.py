"""Fitting a model to a language that can be enumerated: the exact expected loss, by L-BFGS."""

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from beyond_mle.objectives.divergence import Divergence
from beyond_mle.objectives.likelihood import Likelihood

MEMORY = 100
"""Past steps from which L-BFGS estimates the curvature: many, as strings of low probability make it uneven."""


def fit_expected(model: nn.Module, objective: Likelihood | Divergence, p_N: Tensor, steps: int) -> float:
    """Bring the model to the nearest optimum of the objective's `expected_loss`.

    Args:
        model: gives `log_prob` of the language's strings by their indices; changed in place.
        objective: what to minimise.
        p_N: the probability of each string, in the model's precision.
        steps: at most so many iterations.

    Returns:
        The loss that was reached.
    """
    index_N = torch.arange(len(p_N))
    parameters = list(model.parameters())

    def loss_and_gradient(vector: np.ndarray) -> tuple[float, np.ndarray]:
        vector_to_parameters(torch.from_numpy(vector), parameters)
        loss = objective.expected_loss(model.log_prob(index_N), p_N)
        return loss.item(), parameters_to_vector(torch.autograd.grad(loss, parameters)).numpy()

    start = parameters_to_vector(parameters).detach().numpy()
    options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": MEMORY, "ftol": 0.0, "gtol": 1e-12}
    found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    vector_to_parameters(torch.from_numpy(found.x), parameters)
    return float(found.fun)
