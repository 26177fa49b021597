"""NCE+: noise contrastive estimation with the true target blurred, as annotations are (Gustafsson et al. 2020).

What it learns is p blurred by that noise; β = 0 would be `nce`.
"""

from pydantic import Field, PositiveFloat
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.objectives.importance_sampling import NoiseOptions
from beyond_mle.objectives.nce import NCE
from beyond_mle.objectives.targets import TargetNoise
from beyond_mle.registry import OBJECTIVES


class NCEPlusOptions(NoiseOptions):
    """The noise around the true target, and how much of it blurs the target itself."""

    noise: list[PositiveFloat] = Field(min_length=1)
    """Standard deviations of Gaussians around the true target, in equal shares, to draw from."""
    beta: float = Field(default=0.025, gt=0)
    """β: the true target is moved by the same noise with β times its standard deviations (official: 0.025)."""


@OBJECTIVES.register("nce-plus")
class NCEPlus(NCE):
    """NCE with noise around the true target, which is blurred itself: its optimum is near a blurred p."""

    card = Card(
        minimises="NCE with a blurred true target",
        proper=False,
        optimum="a blurred P, as M → ∞",
        leans="covers",
    )

    Options = NCEPlusOptions
    options: NCEPlusOptions

    def positives(self, target_B1: Tensor) -> Tensor:
        """The true targets, each moved by a draw of its own."""
        blur = TargetNoise([self.options.beta * sd for sd in self.options.noise])
        return blur.conditional_sample(target_B1, 1)
