"""Masked diffusion of sentences: CMLM's network and masks, weighted to a bound on the likelihood.

A sentence that is unmasked token by token in random order, each token drawn given those before it, has log q(y|x, T) at
least T · E[(1/n) Σ log q(hidden tokens | x, the others)]: n of 1 … T is uniform, and which n are hidden is too
(Uria et al. 2014; Austin et al. 2021, absorbing). CMLM's own MLE weighs each hidden token alike, this by T/n.
"""

from dataclasses import replace
from typing import Any, ClassVar

from beyond_mle.capabilities import Explicit, Masked, Need
from beyond_mle.card import Card
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import LogProb


@OBJECTIVES.register("masked-diffusion")
class MaskedDiffusion(MLE):
    """The negative bound of masked diffusion, given the length: maximum likelihood of the hidden tokens, T/n times.

    Per token, the estimate is the mean of log q over the hidden tokens; so `convex-exp` with `average: sentence` and
    without `count_shown` is the convex objective on this bound. (A true <unk> is always hidden and counts in n: with it
    the mean is no bound.)
    """

    card = Card(
        minimises="E over masks of −T/n · log q of the n hidden tokens, an upper bound of E_P[−log q]",
        proper=True,
        optimum="P, if the network can be anything",
        leans="covers",
    )

    needs: ClassVar[tuple[Need, ...]] = (Explicit, Masked)

    def _log_prob(self, model: Any, batch: Any, step: int) -> LogProb:
        """The estimate of the bound in place of log q; in evaluation, where all is hidden, log q itself."""
        everything = model.log_prob(batch)
        if everything.hidden is None:
            return everything
        hidden, length_B = everything.hidden, everything.length_B
        assert hidden.uniform_B is not None  # of a text model
        scale_B = length_B / hidden.length_B.clamp(min=1)
        return replace(
            everything,
            total_B=scale_B * hidden.total_B,
            uniform_B=scale_B * hidden.uniform_B,
            certainty="lower-bound",
            boundary=0,
            hidden=None,
        )
