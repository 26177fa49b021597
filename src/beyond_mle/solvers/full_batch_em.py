"""EM on all of p at once: on an enumeration or a quadrature grid, whose items weigh as much as p says."""

from typing import Any

from beyond_mle.capabilities import ClosedFormSteps, LikelihoodFunction, Whole
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.em import EM, ClimbOptions
from beyond_mle.types import Batch


@SOLVERS.register("full-batch-em")
class FullBatchEM(EM):
    """EM on p itself, where that is known as a whole."""

    Options = ClimbOptions
    needs = (ClosedFormSteps, LikelihoodFunction, Whole)

    def batches(self, data: Any, seed: int) -> list[Batch]:
        """All of p."""
        return [data.whole()]
