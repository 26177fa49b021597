"""How good a learned proposal is: as a density of its own, and as what the energy-based model is sampled by.

Letters: I items, B of them in a batch, G points of the grid.
"""

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Energy, Proposes
from beyond_mle.decoding.proposal_decoder import proposal_of, weighted
from beyond_mle.formulas import divergence, importance
from beyond_mle.models.quadrature import grid, log_cell
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import Regression, RegressionSpec
from beyond_mle.yardsticks.conditional_density import GridOptions, batches, on_grid
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("proposal")
class Proposal(Yardstick):
    """The proposal q beside the energy-based model p_θ that it was trained with; means over test items.

    `proposal-nll`: its own NLL of the targets. `proposal-kl`: KL[p_θ‖q], which it is trained to make small, by
    quadrature. `effective-sample-size`: how many draws from p_θ some draws from q are worth, in % of their number.
    """

    class Options(GridOptions):
        """How finely, and how many draws."""

        draws: int = Field(default=256, gt=0)
        """From q, for each item."""

    options: Options
    accepts = RegressionSpec
    needs = (Energy, Proposes)
    metrics = (
        Metric("proposal-nll", "nats", "lower"),
        Metric("proposal-kl", "nats", "lower"),
        Metric("effective-sample-size", "%", "higher", 1),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """One pass over the split; what is drawn follows the subject's seed."""
        proposal = proposal_of(subject.objective)
        generator = torch.Generator(next(subject.model.parameters()).device).manual_seed(subject.seed)
        parts = [self._figures(subject, proposal, batch, generator) for batch in batches(subject)]
        for metric in parts[0]:
            value_I = torch.cat([part[metric] for part in parts]).double().cpu().numpy()
            yield Score(metric, float(value_I.mean()), items_IF=value_I)

    def _figures(
        self, subject: Subject, proposal: Any, batch: Regression, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Metric → of each item [B]."""
        model, spec, points = subject.model, subject.data.spec, self.options.points
        feature_BD = model.features(batch.input_BX)
        place_1G = grid(spec, points).to(feature_BD)[None]
        log_q_BG = proposal.conditional_log_prob(feature_BD, place_1G) + log_cell(spec, points)
        _, log_weight_BM = weighted(model, proposal, feature_BD, self.options.draws, generator)
        return {
            "proposal-nll": -proposal.conditional_log_prob(feature_BD, batch.target_B[:, None])[:, 0],
            "proposal-kl": divergence.kl(on_grid(model.energy(feature_BD, place_1G)), log_q_BG, torch.zeros(())),
            "effective-sample-size": 100 * importance.effective_share(log_weight_BM),
        }
