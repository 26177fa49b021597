"""What a model says of the test items of regression, and how far its density is from a known p(y|x).

Letters: I items, B of them in a batch, G points of the grid.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Conditional, Energy, KnownConditional, implements
from beyond_mle.errors import UserError
from beyond_mle.formulas import divergence
from beyond_mle.models.quadrature import densities, grid
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import Regression, RegressionSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


class GridOptions(BaseOptions):
    """How finely targets are integrated."""

    points: int = Field(default=2048, gt=1)
    """Of the grid, over the interval of targets."""


@YARDSTICKS.register("conditional-density")
class ConditionalDensity(Yardstick):
    """NLL, exact but for the grid over which an energy is integrated; means over the items of a split.

    `log-z`: the logarithm of that integral. Where p is known: `nll-floor`, the NLL of p itself on the same items; `kl`,
    KL[P‖Q] of the two densities as the grid sees them; `reverse-kl`, KL[Q‖P], left out where it is infinite.
    """

    Options = GridOptions
    options: GridOptions
    accepts = RegressionSpec
    needs = (Conditional | Energy,)
    metrics = (
        Metric("nll", "nats", "lower", matters_share=0.01),
        Metric("nll-floor", "nats"),
        Metric("kl", "nats", "lower", matters_share=0.01),
        Metric("reverse-kl", "nats", "lower"),
        Metric("log-z", "nats"),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """One pass over the split."""
        parts = [self._figures(subject, batch) for batch in batches(subject)]
        for metric in parts[0]:
            value_I = torch.cat([part[metric] for part in parts]).double().cpu().numpy()
            if metric == "nll" and not np.isfinite(value_I).all():
                raise UserError("the model diverged: its density is not finite; lower the learning rate")
            if np.isfinite(value_I).all():
                yield Score(metric, float(value_I.mean()), items_IF=value_I)

    def _figures(self, subject: Subject, batch: Regression) -> dict[str, Tensor]:
        """Metric → of each item [B]."""
        model, data, points = subject.model, subject.data, self.options.points
        log_q_BG, log_q_B, log_z_B = densities(model, data.spec, batch.input_BX, batch.target_B, points)
        found = {"nll": -log_q_B}
        if not implements(type(model), Conditional):
            found["log-z"] = log_z_B
        if implements(type(data), KnownConditional):
            target_B1 = batch.target_B[:, None]
            found["nll-floor"] = -data.conditional_log_p(batch.input_BX, target_B1)[:, 0]
            known = on_grid(known_density(data, batch, points)), on_grid(log_q_BG), torch.zeros(())
            found |= {"kl": divergence.kl(*known), "reverse-kl": divergence.reverse_kl(*known)}
        return found


def batches(subject: Subject) -> Iterator[Regression]:
    """The items of the subject's split, a few inputs at a time, on its model's device."""
    split, size = subject.data.split(subject.split), subject.evaluation.batch_size
    device = next(subject.model.parameters()).device
    everything = Regression(split.input_BX[: subject.limit], split.target_B[: subject.limit]).to(device)
    for start in range(0, len(everything), size):
        rows = slice(start, start + size)
        yield Regression(everything.input_BX[rows], everything.target_B[rows])


def known_density(data: Any, batch: Regression, points: int) -> Tensor:
    """log p of the grid for each input, [B, G]."""
    place_1G = grid(data.spec, points).to(batch.input_BX.device)[None]
    return data.conditional_log_p(batch.input_BX, place_1G)


def on_grid(log_density_BG: Tensor) -> Tensor:
    """Logarithms of the probabilities of the grid's cells, which sum to 1, in float64."""
    return log_density_BG.double().log_softmax(1)
