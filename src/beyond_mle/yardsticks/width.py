"""How wide fits are beside the two limits of JS_π, over a sample of densities: M of them, each a test item."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from beyond_mle.capabilities import Cases
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import CasesSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("width")
class Width(Yardstick):
    """Shares of the densities, in %, by the σ of the round Gaussians fitted to them.

    The σ that minimises KL[P‖Q], maximum likelihood, is that of p's own moments. `share-narrower`: σ is smaller than
    that. `share-wider`: σ is larger than the control's. `share-like-ml`: σ is nearer to that of KL[P‖Q] than to the
    control's; so the control is to be KL[Q‖P].
    """

    accepts = CasesSpec
    needs = (Cases,)
    metrics = (
        Metric("share-narrower", "%", None, 1),
        Metric("share-wider", "%", None, 1),
        Metric("share-like-ml", "%", None, 1),
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder's parameters."""
        covering_M = covering(subject.data.cases)
        for decoder, outputs in subject.outputs.items():
            sigma_M = sigmas(outputs)
            yield _share("share-narrower", sigma_M < covering_M, decoder)
            if decoder in subject.control_outputs:
                control_M = sigmas(subject.control_outputs[decoder])
                yield _share("share-wider", sigma_M > control_M, decoder)
                yield _share("share-like-ml", like_ml(sigma_M, covering_M, control_M), decoder)


def covering(cases: Sequence[Any]) -> np.ndarray:
    """The σ that minimises KL[P‖Q] of each density, in closed form."""
    return np.array([case.mixture.isotropic_sd for case in cases])


def sigmas(outputs: Sequence[Sequence[Any]]) -> np.ndarray:
    """σ of each fit, from the outputs of the decoder `parameters`."""
    return np.array([own["sigma"] for (own,) in outputs])


def like_ml(sigma_M: np.ndarray, covering_M: np.ndarray, seeking_M: np.ndarray) -> np.ndarray:
    """Whether each σ is nearer to that of KL[P‖Q] than to that of KL[Q‖P]."""
    return np.abs(sigma_M - covering_M) < np.abs(sigma_M - seeking_M)


def _share(metric: str, holds_M: np.ndarray, decoder: str) -> Score:
    item_M = 100.0 * holds_M
    return Score(metric, float(item_M.mean()), decoder, items_IF=item_M)
