"""Maximum likelihood of an EBM by importance sampling: the J of Gustafsson et al. (2022), eq. 1, for both players.

E[J] is less than the NLL, by Jensen's inequality: for small M the optimum is biased, and where q leaves out much of p,
J has no least value at all. As M grows both go away.
"""

from typing import Any

from beyond_mle.card import Card
from beyond_mle.objectives.importance_sampling import ImportanceSampling, NoiseOptions
from beyond_mle.objectives.likelihood import Likelihood, LikelihoodOptions
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression


class ISMLOptions(NoiseOptions, LikelihoodOptions):
    """The proposal, and the options of `mle`."""


class SampledLikelihood(ImportanceSampling, Likelihood):
    """A likelihood objective on an EBM whose normaliser is estimated; f is that of the class mixed in."""

    Options: type[ISMLOptions]
    options: ISMLOptions

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """Of the model what `Likelihood` makes of f(x, y) − log Ẑ(x); of the proposal J_KL, on the same draws."""
        draws = self.draw(model, batch)
        return super().losses(draws, batch, step) | self.of_proposal(draws)


@OBJECTIVES.register("is-ml")
class ISML(SampledLikelihood, MLE):
    """Importance-sampled maximum likelihood, log Ẑ − f: biased for small M."""

    card = Card(
        minimises="E_P[log Ẑ − f], Ẑ by M draws from a proposal",
        proper=True,
        optimum="P, as M → ∞",
        leans="covers; less so for small M",
    )

    Options = ISMLOptions
