"""Settings of the theory tables: finite languages on which every optimum is known."""

from pydantic import Field

from beyond_mle.options import Options
from beyond_mle.tasks.strings import StringsOptions


class TheoryOptions(Options):
    """What `stages.sharpen` fits and checks."""

    languages: dict[str, StringsOptions] = Field(
        default={
            "strings-random": StringsOptions(symbols=[3, 3, 3, 3], seed=4),
            "strings-markov": StringsOptions(p="markov", symbols=[3, 3, 3, 3, 3], concentration=2.0, seed=2),
            "strings-mixed": StringsOptions(symbols=[2, 2, 2, 2, 2, 2], shortest=4, seed=2),
            "strings-pairs": StringsOptions(p="dirichlet", symbols=[3, 4]),
        },
        min_length=1,
    )
    """Name → options of the task kind `strings`; every objective is fitted on each of them."""
    exponential_orders: list[float] = Field(default=[0.5, 1, 2, 3, 4, 6])
    """k of `convex-exp`, in rising order: each fit starts from the one before."""
    power_orders: list[float] = Field(default=[0.5, 0.8])
    """k of `convex-power`."""
    network_width: int = Field(default=32, gt=0)
    """Hidden units of the small autoregressive network."""
    steps: int = Field(default=400, gt=0)
    """At most so many iterations of L-BFGS per fit."""
    pairs: StringsOptions = StringsOptions(p="dirichlet", symbols=[3, 4])
    """The language of length 2 on which scheduled sampling is solved."""
    triples: StringsOptions = StringsOptions(p="dirichlet", symbols=[3, 3, 3])
    """The language of length 3 on which scheduled sampling is solved."""
    keep: list[float] = Field(default=[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    """ε of scheduled sampling: the probabilities of the true symbol."""
    draws: int = Field(default=200, gt=0)
    """Random pairs of distributions on which the paper's equations are checked."""
    near: float = Field(default=1e-5, gt=0, lt=1)
    """The π at which statements about the limit π → 0 are measured."""
    seed: int = Field(default=0, ge=0)
    """Of the network's initial weights, and of those pairs."""
