"""The density of a model over inputs and targets of one coordinate each, to be drawn in figures."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from pydantic import Field

from beyond_mle.capabilities import Conditional, Energy, Need
from beyond_mle.errors import UserError
from beyond_mle.models.quadrature import densities
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import RegressionSpec, Spec


@DECODERS.register("density-map")
class DensityMap:
    """Nothing is drawn: q(y|x) itself, at evenly spaced places."""

    class Options(BaseOptions):
        """How finely."""

        inputs: int = Field(default=120, gt=1)
        """Places of x, from the least to the greatest of the split."""
        points: int = Field(default=200, gt=1)
        """Places of y, over the interval of targets."""

    accepts: ClassVar[type[Spec]] = RegressionSpec
    needs: ClassVar[tuple[Need, ...]] = (Conditional | Energy,)

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
        progress: Callable[[int], object] | None = None,
    ) -> list[list[dict[str, Any]]]:
        """Of each place of x one output, such as `{"x": 0.1, "q": [0.0, 0.02, …]}`.

        Raises:
            UserError: if inputs have more than one coordinate.
        """
        if data.spec.inputs != 1:
            raise UserError(f"density-map: inputs have {data.spec.inputs} coordinates; a picture has room for one")
        input_BX = data.split(split).input_BX
        x_B = torch.linspace(input_BX.min().item(), input_BX.max().item(), self.options.inputs)[:limit]
        at = x_B[:, None].to(next(model.parameters()).device)
        log_q_BG, *_ = densities(model, data.spec, at, torch.zeros(len(at)).to(at), self.options.points)
        rows = zip(x_B.tolist(), log_q_BG.exp().double().cpu(), strict=True)
        return [[{"x": round(x, 6), "q": [float(f"{q:.3g}") for q in q_G.tolist()]}] for x, q_G in rows]
