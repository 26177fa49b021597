"""The fitted parameters of each case, as outputs: what is compared between runs, and drawn in figures."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch

from beyond_mle.capabilities import Need, PerCase
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import CasesSpec, Spec


@DECODERS.register("parameters")
class Parameters:
    """Nothing is drawn: the parameters themselves, by the names of metrics."""

    class Options(BaseOptions):
        """None."""

    accepts: ClassVar[type[Spec]] = CasesSpec
    needs: ClassVar[tuple[Need, ...]] = (PerCase,)

    def __init__(self, options: Options):
        self.options = options

    def outputs(
        self,
        model: Any,
        data: Any,
        split: str,
        batch_size: int,
        generator: torch.Generator | None = None,
        limit: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> list[list[dict[str, float]]]:
        """Of each case one output, such as `{"mean-x": 0.1, "mean-y": 0.2, "sigma": 1.3}`."""
        return [[part.figures()] for part in model.parts[:limit]]
