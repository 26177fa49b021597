"""Denoising score matching of an EBM (Vincent 2011): the score of p blurred, learnt without a second derivative.

(∂f/∂y (ỹ) + (ỹ − y)/s²)²,   ỹ ~ N(y, s²): least, in expectation, at the score of p blurred by N(0, s²).
"""

from typing import Any, ClassVar

from pydantic import Field

from beyond_mle.capabilities import Energy, Minibatches, Need
from beyond_mle.card import Card
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.score_matching import score
from beyond_mle.objectives.targets import TargetNoise, true_targets
from beyond_mle.options import Options
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression, RegressionSpec


class DenoisingScoreMatchingOptions(Options):
    """How far the data are blurred."""

    blur: float = Field(default=0.2, gt=0)
    """s, the standard deviation of the noise (official: 0.2 on the first data set)."""


@OBJECTIVES.register("denoising-score-matching")
class DenoisingScoreMatching:
    """Denoising score matching: the Fisher divergence from the blurred p, up to a constant; local."""

    card = Card(
        minimises="E[(f′ − the score of the blur)²]",
        proper=False,
        optimum="a blurred P",
        leans="locally: weights of distant modes are not seen",
    )

    Options = DenoisingScoreMatchingOptions
    needs: ClassVar[tuple[Need, ...]] = (Energy, Minibatches)

    def __init__(self, options: DenoisingScoreMatchingOptions, spec: RegressionSpec):
        self.options = options
        self.noise = TargetNoise([options.blur])

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch, with one draw for each item.

        Raises:
            UserError: if a target is not a finite number.
        """
        feature_BD = model.features(batch.input_BX)
        target_B1 = true_targets(batch, feature_BD)
        noisy_B1 = self.noise.conditional_sample(target_B1, 1).requires_grad_()
        error_B1 = score(model, feature_BD, noisy_B1) + (noisy_B1 - target_B1).detach() / self.options.blur**2
        return {"model": mean_loss(error_B1.square()[:, 0])}
