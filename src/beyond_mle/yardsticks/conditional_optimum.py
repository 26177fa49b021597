"""How near a density of regression comes to the optimum of its objective over all densities."""

from collections.abc import Iterator

import numpy as np
import torch
from pydantic import Field

from beyond_mle.capabilities import Conditional, Energy, KnownConditional, KnownOptimum
from beyond_mle.formulas.discrete import kl, total_variation
from beyond_mle.models.quadrature import densities
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import RegressionSpec
from beyond_mle.yardsticks.conditional_density import GridOptions, batches, known_density, on_grid
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("conditional-optimum")
class ConditionalOptimum(Yardstick):
    """The fitted density beside the optimum, on the cells of a grid of targets: means over test inputs.

    `distance-from-optimum`: total variation from it. `kl-optimum`: KL[P‖optimum], what the objective itself costs.
    """

    class Options(GridOptions):
        """How finely, and of how many inputs."""

        inputs: int = Field(default=100, gt=0)
        """Of the first so many test items."""

    options: Options
    accepts = RegressionSpec
    needs = (Conditional | Energy, KnownConditional, KnownOptimum)
    metrics = (Metric("distance-from-optimum", "", "lower"), Metric("kl-optimum", "nats", "lower"))

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """By enumeration of the cells."""
        distances: list[float] = []
        costs: list[float] = []
        for batch in batches(subject):
            if len(distances) >= self.options.inputs:
                break
            points = self.options.points
            log_q_BG, *_ = densities(subject.model, subject.data.spec, batch.input_BX, batch.target_B, points)
            p_BG = on_grid(known_density(subject.data, batch, points)).exp().cpu().numpy()
            for p_G, q_G in zip(p_BG, on_grid(log_q_BG).exp().cpu().numpy(), strict=True):
                optimum_G = _optimum(subject.objective, p_G)
                distances.append(total_variation(q_G, optimum_G))
                costs.append(kl(p_G, optimum_G))
        for metric, values in (("distance-from-optimum", distances), ("kl-optimum", costs)):
            yield Score(metric, float(np.mean(values[: self.options.inputs])))


def _optimum(objective: KnownOptimum, p_G: np.ndarray) -> np.ndarray:
    """The optimum over all densities, as probabilities of the cells; a target is a string of length 1."""
    inside_G = p_G > 0
    optimum_G = np.zeros_like(p_G)
    cells = [(int(cell),) for cell in inside_G.nonzero()[0]]
    optimum_G[inside_G] = objective.optimum(p_G[inside_G], np.ones(len(cells)), cells)
    return optimum_G
