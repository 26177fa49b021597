"""What objectives, and decoders that use them, can do beyond the least, each a protocol."""

from collections.abc import Hashable, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor


class LikelihoodFunction(Protocol):
    """A function of the likelihood: an objective −E[f(g)], where g is the log-probability, of a token or of all."""

    def value(self, g_B: Tensor) -> Tensor:
        """f(g), per item."""

    def weight(self, g_B: Tensor) -> Tensor:
        """f′(g), per item."""


class KnownOptimum(Protocol):
    """A closed form of the optimum: what an objective leads to if the model can be any distribution."""

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """The optimal q over the support of p.

        Args:
            p_N: positive probabilities of the outputs; they sum to 1.
            length_N: T of each output, boundary symbols included.
            output_N: the outputs, symbol by symbol.

        Raises:
            UserError: where there is no closed form.
        """


class OfModel(Protocol):
    """Players made for the model: an objective whose further players depend on the model's sizes."""

    def make_players(self, model: Any) -> None:
        """Build them, with fresh weights from torch's global generator."""


class Proposes(Protocol):
    """A proposal: an objective that brings a density of y, given the model's features of x, to draw from."""

    proposal: Any
    """A `Conditional` of features, one of the players; none where the objective draws around the true targets."""


class OfObjective(Protocol):
    """The objective: a decoder that uses what was learnt beside the model."""

    def use(self, objective: Any) -> None:
        """Take the objective, with the players that were trained with the model."""
