"""The exact solver: local minima of a smooth loss of few parameters, and how they move with a knob of the loss.

A loss is a function of one flat vector of parameters, without noise: an integral by quadrature, or a sum over an
enumeration. It is minimised by BFGS on its exact gradient, from many starts. D: parameters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from scipy.optimize import minimize
from torch import Tensor

from beyond_mle.options import Options

_DIFFERENCE = 1e-4
Loss = Callable[[Tensor], Tensor]
"""Flat parameters [D] in float64 → a scalar, differentiable."""


class SolverOptions(Options):
    """When a minimum is reached, and when two of them are the same."""

    tolerance: float = Field(default=1e-8, gt=0)
    """The largest derivative at a minimum, with the loss scaled to a curvature of 1 at the start."""
    same: float = Field(default=1e-3, gt=0)
    """Minima no parameter of which differs by more are one."""
    jump: float = Field(default=0.5, gt=0)
    """A branch ends where a parameter would move by more from one value of the knob to the next."""
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


Branch = dict[float, Optimum]
"""Knob → the minimum there, for neighbouring values of the knob."""


def local_minima(loss: Loss, starts: Sequence[np.ndarray], options: SolverOptions) -> list[Optimum]:
    """The distinct local minima that the starts lead to, the lowest first."""
    found: list[Optimum] = []
    for start in starts:
        optimum = _descend(loss, np.asarray(start, dtype=np.float64), options)
        if optimum is not None and all(optimum.distance(other) > options.same for other in found):
            found.append(optimum)
    minima = (optimum for optimum in found if np.linalg.eigvalsh(_hessian(loss, optimum.parameters_D)).min() > 0)
    return sorted(minima, key=lambda optimum: optimum.value)


def follow(
    loss_at: Callable[[float], Loss],
    knobs: Sequence[float],
    anchors: Sequence[float],
    starts: Sequence[np.ndarray],
    options: SolverOptions,
) -> list[Branch]:
    """How the local minima move with a knob.

    Args:
        loss_at: the loss for a value of the knob.
        knobs: the values, ascending.
        anchors: those among them where all starts are tried; each minimum found is followed up and down from there,
            to where it ceases to be one.
        starts: parameters to start from.
        options: the solver's.

    Returns:
        Branches in the order of their discovery, without overlap.
    """
    branches: list[Branch] = []
    for anchor in anchors:
        for optimum in local_minima(loss_at(anchor), starts, options):
            if not _is_known(optimum, anchor, branches, options):
                branch = {anchor: optimum}
                for side in ([k for k in reversed(knobs) if k < anchor], [k for k in knobs if k > anchor]):
                    branch |= _trace(loss_at, side, optimum, branches, options)
                branches.append(dict(sorted(branch.items())))
    return branches


def _trace(
    loss_at: Callable[[float], Loss],
    knobs: Sequence[float],
    last: Optimum,
    branches: Sequence[Branch],
    options: SolverOptions,
) -> Branch:
    """Follow a minimum through these knobs until it jumps or meets a branch that is known."""
    branch: Branch = {}
    for knob in knobs:
        found = local_minima(loss_at(knob), [last.parameters_D], options)
        if not found or found[0].distance(last) > options.jump or _is_known(found[0], knob, branches, options):
            break
        branch[knob] = last = found[0]
    return branch


def _is_known(optimum: Optimum, knob: float, branches: Iterable[Branch], options: SolverOptions) -> bool:
    return any(knob in branch and optimum.distance(branch[knob]) <= options.same for branch in branches)


def _descend(loss: Loss, start: np.ndarray, options: SolverOptions) -> Optimum | None:
    """Where the loss falls to from a start; none where the search fails."""
    # Losses differ by orders of magnitude (JS_π vanishes with π), but BFGS's first step and tolerance do not: so it is
    # given the curvature at the start, taken as positive, and large enough for a first step of at most 1.
    curvature_D, axes_DD = np.linalg.eigh(_hessian(loss, start))
    curvature_D = np.maximum(np.abs(curvature_D), np.linalg.norm(_value_and_gradient(start, loss)[1]))
    scale = curvature_D.max()
    root_DD = axes_DD * np.sqrt(scale / curvature_D)
    result = minimize(
        _value_and_gradient,
        start,
        (loss, scale),
        "BFGS",
        jac=True,
        options={"gtol": options.tolerance, "hess_inv0": root_DD @ root_DD.T},
    )
    # In double precision the line search may end before the gradient is below the tolerance.
    converged = result.success or np.abs(result.jac).max() < 1e3 * options.tolerance
    optimum = Optimum(result.x, float(result.fun * scale))
    return optimum if converged and optimum.distance(Optimum(start, 0.0)) <= options.reach else None


def _value_and_gradient(parameters_D: np.ndarray, loss: Loss, scale: float = 1.0) -> tuple[float, np.ndarray]:
    vector_D = torch.tensor(parameters_D, requires_grad=True)
    value = loss(vector_D)
    (gradient_D,) = torch.autograd.grad(value, vector_D)
    return value.item() / scale, gradient_D.numpy() / scale


def _hessian(loss: Loss, parameters_D: np.ndarray) -> np.ndarray:
    """By central differences of the exact gradient: cheaper than exact, and good enough for a sign and a scale."""
    steps_DD = _DIFFERENCE * np.eye(len(parameters_D))
    ahead, behind = (
        np.array([_value_and_gradient(parameters_D + sign * step, loss)[1] for step in steps_DD]) for sign in (1, -1)
    )
    hessian_DD = (ahead - behind) / (2 * _DIFFERENCE)
    return (hessian_DD + hessian_DD.T) / 2
