"""A mixture density network: p(y|x) = Σ_k π_k(x) N(y; μ_k(x), σ_k(x)²) (Bishop 1994).

With one component it is Gaussian regression. Letters: B inputs, M targets of each, K components.
"""

import math
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.regression_network import Activation, layers
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Regression, RegressionSpec, Spec

LEAST_LOG_SD = -10.0
"""Below it a component gets no narrower: equal targets would have a likelihood without bound."""


@MODELS.register("mdn")
class MDN(nn.Module):
    """A mixture of K Gaussians whose weights, means and standard deviations depend on x; K = 1: Gaussian regression."""

    accepts: ClassVar[type[Spec]] = RegressionSpec

    class Options(BaseOptions):
        """Its size."""

        headline: ClassVar[tuple[str, ...]] = ("components",)

        components: int = Field(default=4, gt=0)
        """K."""
        width: int = Field(default=10, gt=0)
        """Units of every layer; the official code has 10."""
        layers: int = Field(default=2, ge=0)
        """Layers that make features of x, before the three networks of two layers that make weights, means and
        deviations of them. 0: x is features already."""
        activation: Activation = "relu"
        """relu as in the official code."""

    def __init__(self, options: Options, spec: RegressionSpec):
        """At first the components lie side by side, and cover the interval of targets evenly."""
        super().__init__()
        sizes = [spec.inputs, *[options.width] * options.layers]
        self.features = layers(sizes, options.activation)
        number_K = torch.arange(options.components)
        spacing = (spec.high - spec.low) / options.components

        def network(start_K: Tensor) -> nn.Sequential:
            output = nn.Linear(options.width, options.components)
            with torch.no_grad():
                output.bias.add_(start_K)
            return nn.Sequential(layers([sizes[-1], options.width], options.activation), output)

        self.weights = network(torch.zeros(options.components))
        self.means = network(spec.low + (number_K + 0.5) * spacing)
        self.log_sds = network(torch.full_like(number_K, math.log(spacing / 2), dtype=torch.float32))

    def log_prob(self, batch: Regression) -> LogProb:
        """log q(y|x) of each item; there is no sequence, so T = 1."""
        total_B = self.conditional_log_prob(batch.input_BX, batch.target_B[:, None])[:, 0]
        return LogProb(total_B, torch.ones_like(total_B))

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log q(y|x) of M targets for each input, [B, M]; of a single row of targets [1, M], for all of the inputs."""
        log_weight_BK, mean_BK, log_sd_BK = self._mixture(input_BX)
        standard_BMK = (target_BM[..., None] - mean_BK[:, None]) * (-log_sd_BK).exp()[:, None]
        log_scale_BK = log_weight_BK - log_sd_BK - math.log(2 * math.pi) / 2
        return (log_scale_BK[:, None] - standard_BMK.square() / 2).logsumexp(2)

    @torch.no_grad()
    def conditional_sample(self, input_BX: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n targets for each input, [B, n]."""
        log_weight_BK, mean_BK, log_sd_BK = self._mixture(input_BX)
        noise_Bn = mean_BK.new_empty((len(mean_BK), n)).normal_(generator=generator)
        below_BK = log_weight_BK.exp().cumsum(1)[:, :-1].contiguous()
        component_Bn = torch.searchsorted(below_BK, torch.empty_like(noise_Bn).uniform_(generator=generator))
        return mean_BK.gather(1, component_Bn) + log_sd_BK.exp().gather(1, component_Bn) * noise_Bn

    def _mixture(self, input_BX: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log-weights, means and logarithms of the standard deviations, each [B, K]."""
        feature_BD = self.features(input_BX.to(next(self.parameters()).dtype))
        log_sd_BK = self.log_sds(feature_BD).clamp(min=LEAST_LOG_SD)
        return self.weights(feature_BD).log_softmax(1), self.means(feature_BD), log_sd_BK
