"""Score matching of an EBM (Hyvärinen 2005): its score ∂f/∂y is held against that of p, without a normaliser.

    ∂²f/∂y² + ½ (∂f/∂y)²  at the data; in expectation ½ E_p[(∂f/∂y − ∂log p/∂y)²] plus a constant.

It sees slopes only, so that how much of p lies on either side of a gap is lost on it; and p must have a smooth density.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor

from beyond_mle.capabilities import Energy, Minibatches, Need
from beyond_mle.card import Card
from beyond_mle.errors import UserError
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.targets import true_targets
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression, RegressionSpec


@OBJECTIVES.register("score-matching")
class ScoreMatching:
    """Score matching, with the exact second derivative: the Fisher divergence up to a constant; local."""

    card = Card(
        minimises="E_P[f″ + f′²/2]",
        proper=True,
        optimum="P, where it is positive and smooth",
        leans="locally: weights of distant modes are not seen",
    )

    Options = BaseOptions
    needs: ClassVar[tuple[Need, ...]] = (Energy, Minibatches)

    def __init__(self, options: BaseOptions, spec: RegressionSpec):
        pass

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch.

        Raises:
            UserError: if a target is not a finite number, or f has no second derivative.
        """
        feature_BD = model.features(batch.input_BX)
        target_B1 = true_targets(batch, feature_BD).requires_grad_()
        score_B1 = score(model, feature_BD, target_B1)
        (curvature_B1,) = torch.autograd.grad(score_B1.sum(), target_B1, create_graph=True, materialize_grads=True)
        if not curvature_B1.any():
            raise UserError("score-matching: ∂²f/∂y² is 0 everywhere: choose a smooth activation for the energy")
        return {"model": mean_loss((curvature_B1 + score_B1.square() / 2)[:, 0])}


def score(model: Energy, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
    """∂f/∂y at each target [B, M], differentiable in the EBM's parameters and in the targets.

    Args:
        model: whose f.
        feature_BD: its features of the inputs.
        target_BM: with `requires_grad`.
    """
    energy = model.energy(feature_BD, target_BM).sum()
    return torch.autograd.grad(energy, target_BM, create_graph=True)[0]
