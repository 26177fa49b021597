"""The exponential convex composition on an EBM: E[q^k] with q = e^f / Ẑ, its normaliser by importance sampling."""

from typing import ClassVar

from beyond_mle.card import Card
from beyond_mle.objectives.convex_exp import ConvexExp, ConvexExpOptions
from beyond_mle.objectives.is_ml import ISMLOptions, SampledLikelihood
from beyond_mle.registry import OBJECTIVES


class ISConvexExpOptions(ISMLOptions, ConvexExpOptions):
    """The proposal, and the options of `convex-exp`."""

    headline: ClassVar[tuple[str, ...]] = (*ConvexExpOptions.headline, *ISMLOptions.headline)


@OBJECTIVES.register("is-convex-exp")
class ISConvexExp(SampledLikelihood, ConvexExp):
    """Importance-sampled exponential convex composition, f(g) = exp(k·g) of g = f(x, y) − log Ẑ(x)."""

    card = Card(
        minimises="−E_P[(e^f/Ẑ)^k], Ẑ by M draws from a proposal",
        proper=False,
        optimum="P^(1/(1−k)), normalised, for k < 1 and M → ∞",
        leans="from covering to seeking as k rises",
    )

    Options = ISConvexExpOptions
    options: ISConvexExpOptions
