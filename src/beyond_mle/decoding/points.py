"""Samples of a model of points, to be drawn in figures."""

from typing import Any, ClassVar

import torch
from pydantic import Field

from beyond_mle.capabilities import Need, Reparametrised
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import Spec, VectorSpec


@DECODERS.register("points")
class PointSamples:
    """Independent samples."""

    class Options(BaseOptions):
        """How many."""

        samples: int = Field(default=1000, ge=1)
        """Points that are drawn."""

    accepts: ClassVar[type[Spec]] = VectorSpec
    needs: ClassVar[tuple[Need, ...]] = (Reparametrised,)

    def __init__(self, options: Options):
        self.options = options

    @torch.no_grad()
    def outputs(
        self,
        model: Any,
        data: Any,
        split: str,
        batch_size: int,
        generator: torch.Generator | None = None,
        limit: int | None = None,
        progress: Any = None,
    ) -> list[list[list[float]]]:
        """The points, as the outputs of the one thing there is to model; `generator` draws them, no more is used."""
        return [model.sample(self.options.samples, generator).tolist()]
