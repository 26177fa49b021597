"""Integrals over a scalar target: what makes an energy a density, exactly but for the grid.

Letters: B inputs, G points of the grid.
"""

import math
from typing import Any

import torch
from torch import Tensor

from beyond_mle.capabilities import Conditional, implements
from beyond_mle.types import RegressionSpec


def grid(spec: RegressionSpec, points: int) -> Tensor:
    """The midpoints of equal cells of the interval of targets, [G] in float64."""
    return spec.low + (torch.arange(points, dtype=torch.float64) + 0.5) * ((spec.high - spec.low) / points)


def log_cell(spec: RegressionSpec, points: int) -> float:
    """The logarithm of the width of a cell: ∫ f dy ≈ Σ f(midpoint) × width."""
    return math.log((spec.high - spec.low) / points)


def densities(
    model: Any, spec: RegressionSpec, input_BX: Tensor, target_B: Tensor, points: int
) -> tuple[Tensor, Tensor, Tensor]:
    """What a model says of the whole interval of targets, and of one target of each input.

    Args:
        model: with `Conditional`, or with `Energy`, whose integral is then taken.
        spec: of the data.
        input_BX: the inputs.
        target_B: a target of each.
        points: of the grid.

    Returns:
        log q of the grid [B, G], log q of the targets [B], and the log Z that is subtracted [B], 0 of a `Conditional`.
    """
    place_1G = grid(spec, points).to(input_BX)[None]
    if implements(type(model), Conditional):
        at_grid_BG = model.conditional_log_prob(input_BX, place_1G)
        at_target_B = model.conditional_log_prob(input_BX, target_B[:, None])[:, 0]
        return at_grid_BG, at_target_B, torch.zeros_like(at_target_B)
    feature_BD = model.features(input_BX)
    energy_BG = model.energy(feature_BD, place_1G)
    log_z_B = log_normaliser(energy_BG, spec)
    return energy_BG - log_z_B[:, None], model.energy(feature_BD, target_B[:, None])[:, 0] - log_z_B, log_z_B


def log_normaliser(energy_BG: Tensor, spec: RegressionSpec) -> Tensor:
    """log Z of each input [B], from the energies of the grid."""
    return energy_BG.logsumexp(1) + log_cell(spec, energy_BG.shape[1])
