"""How good predictions of a target are, beside the best that the same model could say.

Letters: I items, B of them in a batch, N outputs of each, G points of the grid.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from scipy.stats import ks_1samp, uniform
from torch import Tensor

from beyond_mle.capabilities import Energy
from beyond_mle.models.quadrature import densities, grid
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import Regression, RegressionSpec
from beyond_mle.yardsticks.conditional_density import GridOptions, batches, on_grid
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("prediction")
class Prediction(Yardstick):
    """Outputs of decoders, held against the model's exact mean, mode and distribution, by quadrature.

    Of decoders of one output: `squared-error`, from the test item's target; `mean-error`, the distance from the model's
    mean; `mode-gap`, by how much log q is less there than at the mode. Of decoders of several: `sample-distance`, the
    largest difference between the distribution of F(y|x), F that of the model, and the even one (Kolmogorov-Smirnov).
    """

    Options = GridOptions
    options: GridOptions
    accepts = RegressionSpec
    needs = (Energy,)
    metrics = (
        Metric("squared-error", "", "lower"),
        Metric("mean-error", "", "lower"),
        Metric("mode-gap", "nats", "lower"),
        Metric("sample-distance", "", "lower"),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder whose outputs are targets."""
        made: Mapping[str, Any] = subject.outputs
        for decoder, outputs in made.items():
            if not isinstance(outputs[0][0], float):
                continue  # `density-map`
            output_IN = torch.tensor(outputs, dtype=torch.float64)
            rows = zip(batches(subject), output_IN.split(subject.evaluation.batch_size), strict=True)
            if output_IN.shape[1] > 1:
                rank_IN = torch.cat([self._ranks(subject, batch, output_BN) for batch, output_BN in rows])
                distance = ks_1samp(rank_IN.flatten().numpy(), uniform.cdf, method="asymp").statistic
                yield Score("sample-distance", float(distance), decoder)
                continue
            parts = [self._errors(subject, batch, output_BN[:, 0]) for batch, output_BN in rows]
            for metric in parts[0]:
                value_I = torch.cat([part[metric] for part in parts]).double().cpu().numpy()
                yield Score(metric, float(value_I.mean()), decoder, items_IF=value_I)

    def _errors(self, subject: Subject, batch: Regression, output_B: Tensor) -> dict[str, Tensor]:
        """Metric → of each item [B]."""
        spec, output_B = subject.data.spec, output_B.to(batch.target_B)
        log_q_BG, log_q_B, _ = densities(subject.model, spec, batch.input_BX, output_B, self.options.points)
        mean_B = on_grid(log_q_BG).exp() @ grid(spec, self.options.points).to(log_q_BG.device)
        return {
            "squared-error": (output_B - batch.target_B).square(),
            "mean-error": (output_B - mean_B).abs(),
            "mode-gap": (log_q_BG.max(1).values - log_q_B).clamp(min=0),  # the mode itself may lie between grid points
        }

    def _ranks(self, subject: Subject, batch: Regression, output_BN: Tensor) -> Tensor:
        """F(y|x) of each output, [B, N]."""
        spec, points = subject.data.spec, self.options.points
        log_q_BG, *_ = densities(subject.model, spec, batch.input_BX, batch.target_B, points)
        below_BG = on_grid(log_q_BG).exp().cumsum(1).cpu()
        place_BN = (output_BN - spec.low) / (spec.high - spec.low) * points
        cell_BN = place_BN.nan_to_num().long().clamp(0, points - 1)
        upper_BN = below_BG.gather(1, cell_BN)
        lower_BN = torch.where(cell_BN > 0, below_BG.gather(1, (cell_BN - 1).clamp(min=0)), 0.0)
        return lower_BN + (upper_BN - lower_BN) * (place_BN - cell_BN).clamp(0, 1)
