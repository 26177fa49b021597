"""An energy-based model of regression: p(y|x) = e^{f(x, y)} / Z(x), f any network (Gustafsson et al. 2022).

Letters: B inputs, M targets of each, D features, W units.
"""

from typing import ClassVar

from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.regression_network import ACTIVATIONS, Activation, layers
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import RegressionSpec, Spec


@MODELS.register("ebm")
class EBM(nn.Module):
    """An energy f(x, y), from a network of features of x and one of y; Z, and so the likelihood, is not known to it."""

    accepts: ClassVar[type[Spec]] = RegressionSpec
    feature_width: int

    class Options(BaseOptions):
        """Its size."""

        width: int = Field(default=10, gt=0)
        """Units of every layer; the official code has 10."""
        activation: Activation = "relu"
        """relu as in the official code; silu or tanh where f must have a second derivative (score matching)."""

    def __init__(self, options: Options, spec: RegressionSpec):
        super().__init__()
        width = self.feature_width = options.width
        self.of_input = layers([spec.inputs, width, width], options.activation)
        self.of_target = layers([1, width, width], options.activation)
        # A linear layer of both, in two parts: that of x is computed once for all of its targets.
        self.join_input = nn.Linear(width, width)
        self.join_target = nn.Linear(width, width, bias=False)
        self.activation = ACTIVATIONS[options.activation]()
        self.residual = layers([width, width], options.activation)
        self.output = nn.Linear(width, 1, bias=False)  # e^{constant} is a factor of Z

    def features(self, input_BX: Tensor) -> Tensor:
        """What f sees of each input, [B, D]."""
        return self.of_input(input_BX.to(self.output.weight.dtype))

    def energy(self, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
        """f(x, y) of M targets for each input, [B, M]; of a single row of targets [1, M], for all of the inputs."""
        target_BMW = self.of_target(target_BM.to(self.output.weight.dtype)[..., None])
        joined_BMW = self.activation(self.join_input(feature_BD)[:, None] + self.join_target(target_BMW))
        return self.output(joined_BMW + self.residual(joined_BMW))[..., 0]
