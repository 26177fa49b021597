"""The local minima of an exact loss of few parameters: BFGS on its exact gradient, from many starts. D: parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from scipy.optimize import minimize

from beyond_mle.solvers.exact_loss import ExactLoss
from beyond_mle.solvers.solver import SolverOptions

_DIFFERENCE = 1e-4


class SearchOptions(SolverOptions):
    """Where to search, and when two minima are the same."""

    least_weight: float = Field(default=0.05, ge=0, le=1)
    """Components of p of at least this weight are starts of the search."""
    tolerance: float = Field(default=1e-8, gt=0)
    """The largest derivative at a minimum, with the loss scaled to a curvature of 1 at the start."""
    same: float = Field(default=1e-3, gt=0)
    """Minima no parameter of which differs by more are one."""
    reach: float = Field(default=2.5, gt=0)
    """A search that moves a parameter by more has left the region where quadrature holds, and is dropped."""


@dataclass(frozen=True)
class Optimum:
    """A local minimum."""

    parameters_D: np.ndarray
    value: float

    def distance(self, other: "Optimum") -> float:
        """The largest difference of a parameter."""
        return float(np.abs(self.parameters_D - other.parameters_D).max())


def local_minima(loss: ExactLoss, starts: Sequence[np.ndarray], options: SearchOptions) -> list[Optimum]:
    """The distinct local minima that the starts lead to, the lowest first."""
    found: list[Optimum] = []
    for start in starts:
        optimum = _descend(loss, np.asarray(start, dtype=np.float64), options)
        if optimum is not None and all(optimum.distance(other) > options.same for other in found):
            found.append(optimum)
    minima = (optimum for optimum in found if np.linalg.eigvalsh(_hessian(loss, optimum.parameters_D)).min() > 0)
    return sorted(minima, key=lambda optimum: optimum.value)


def _descend(loss: ExactLoss, start: np.ndarray, options: SearchOptions) -> Optimum | None:
    """Where the loss falls to from a start; none where the search fails."""
    # Losses differ by orders of magnitude (JS_π vanishes with π), but BFGS's first step and tolerance do not: so it is
    # given the curvature at the start, taken as positive, and large enough for a first step of at most 1.
    curvature_D, axes_DD = np.linalg.eigh(_hessian(loss, start))
    curvature_D = np.maximum(np.abs(curvature_D), np.linalg.norm(loss(start)[1]))
    scale = float(curvature_D.max())
    root_DD = axes_DD * np.sqrt(scale / curvature_D)

    def scaled(parameters_D: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient_D = loss(parameters_D)
        return value / scale, gradient_D / scale

    result = minimize(
        scaled,
        start,
        method="BFGS",
        jac=True,
        options={"gtol": options.tolerance, "hess_inv0": root_DD @ root_DD.T},
    )
    # In double precision the line search may end before the gradient is below the tolerance.
    converged = result.success or np.abs(result.jac).max() < 1e3 * options.tolerance
    optimum = Optimum(result.x, float(result.fun * scale))
    return optimum if converged and optimum.distance(Optimum(start, 0.0)) <= options.reach else None


def _hessian(loss: ExactLoss, parameters_D: np.ndarray) -> np.ndarray:
    """By central differences of the exact gradient: objectives detach their weights, so that autograd has no second
    derivative to give, and for a sign and a scale it is good enough."""
    steps_DD = _DIFFERENCE * np.eye(len(parameters_D))
    ahead, behind = (np.array([loss(parameters_D + sign * step)[1] for step in steps_DD]) for sign in (1, -1))
    hessian_DD = (ahead - behind) / (2 * _DIFFERENCE)
    return (hessian_DD + hessian_DD.T) / 2
