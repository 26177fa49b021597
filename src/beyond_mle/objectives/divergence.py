"""Objectives on densities: what a fit minimises where p and q can both be evaluated at every point that matters.

`expected_loss` is the one entrance: of the divergences here, and of the likelihood family, whose −E_p[f(log q)] it
takes over the same points.
"""

from abc import ABC, abstractmethod

from pydantic import Field
from torch import Tensor

from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import OBJECTIVES
from beyond_mle.yardsticks import divergence


class Divergence(ABC):
    """A divergence from p to q; it needs the density of both."""

    Options: type[BaseOptions] = BaseOptions

    def __init__(self, options: BaseOptions):
        self.options = options

    @abstractmethod
    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """The divergence in nats, differentiable in log q."""


@OBJECTIVES.register("reverse-kl")
class ReverseKL(Divergence):
    """KL[Q‖P]: seeks a mode; proper."""

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """KL[Q‖P]."""
        return divergence.reverse_kl(log_p_N, log_q_N, log_weight_N)


class JSOptions(BaseOptions):
    """Options of `js`."""

    pi: float = Field(default=0.5, gt=0, lt=1)
    """π, the share of p in the mixture: near 0 it behaves as KL[P‖Q], near 1 as KL[Q‖P]; ½ is the usual JSD."""


@OBJECTIVES.register("js")
class JS(Divergence):
    """Generalised Jensen-Shannon divergence JS_π[P‖Q]: covers modes for small π, seeks one for large π; proper."""

    Options = JSOptions
    options: JSOptions

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """JS_π[P‖Q]."""
        return divergence.js(log_p_N, log_q_N, log_weight_N, self.options.pi)


def expected_loss(objective: Divergence | Likelihood, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """What the objective minimises, by enumeration or quadrature.

    Args:
        objective: a divergence, or a likelihood objective, of which it is −E_p[f(log q)] (T = 1).
        log_p_N: log p at each point.
        log_q_N: log q at each point.
        log_weight_N: logarithms of the quadrature weights; 0 for probabilities of atoms.
    """
    if isinstance(objective, Likelihood):
        return -divergence.expectation(log_p_N, objective.value(log_q_N), log_weight_N)
    return objective.value(log_p_N, log_q_N, log_weight_N)
