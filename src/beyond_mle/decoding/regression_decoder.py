"""What every decoder of regression offers. Letters: B inputs, N outputs of each."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from beyond_mle.capabilities import Energy, Need
from beyond_mle.options import Options as BaseOptions
from beyond_mle.types import RegressionSpec, Spec


class RegressionDecoder(ABC):
    """Predicts targets from the energy of a model."""

    Options: type[BaseOptions] = BaseOptions
    accepts: ClassVar[type[Spec]] = RegressionSpec
    needs: ClassVar[tuple[Need, ...]] = (Energy,)

    def __init__(self, options: Any):
        self.options = options

    @abstractmethod
    def decode(self, model: Energy, input_BX: Tensor, spec: RegressionSpec, generator: torch.Generator) -> Tensor:
        """The outputs of each input, [B, N].

        Args:
            model: in evaluation mode.
            input_BX: the inputs.
            spec: of the data.
            generator: of decoders that draw.
        """

    def outputs(
        self,
        model: Any,
        data: Any,
        split: str,
        batch_size: int,
        generator: torch.Generator | None = None,
        limit: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> list[list[float]]:
        """The outputs of each input of a split, as `kinds.Decoder` says; by default drawn with seed 0."""
        device = next(model.parameters()).device
        generator = generator or torch.Generator(device).manual_seed(0)
        found: list[list[float]] = []
        for input_BX in data.split(split).input_BX[:limit].to(device).split(batch_size):
            found += self.decode(model, input_BX, data.spec, generator).tolist()
            if progress is not None:
                progress(len(input_BX))
        return found
