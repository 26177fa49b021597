"""How far a density of points is from p, by quadrature."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from beyond_mle.capabilities import Explicit, Figures, Whole, implements
from beyond_mle.formulas import divergence
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import VectorSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("density")
class DensityDistance(Yardstick):
    """KL both ways, and JS_π for the π of the model's objective; the model's parameters, where they are figures.

    `kl`: KL[P‖Q]; `reverse-kl`: KL[Q‖P]; `js`: JS_π[P‖Q]. Of a model that bounds log q from below there is only `kl`, a
    bound from above.
    """

    accepts = VectorSpec
    needs = (Whole, Explicit)
    metrics = (
        Metric("kl", "nats", "lower", matters_share=0.01),
        Metric("reverse-kl", "nats", "lower"),
        Metric("js", "nats", "lower"),
        Metric("mean-x"),
        Metric("mean-y"),
        Metric("mean-z"),
        Metric("sigma"),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """On the quadrature grid."""
        batch = subject.data.whole()
        log_prob, density = subject.model.log_prob(batch), batch.density
        for score in divergences(density.log_p_B, log_prob.total_B, density.log_weight_B, pi_of(subject.objective)):
            if log_prob.certainty == "exact" or score.metric == "kl":
                yield replace(score, certainty=log_prob.certainty)
        if implements(type(subject.model), Figures):
            for metric, value in subject.model.figures().items():
                yield Score(metric, value)


def divergences(
    log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor, pi: float | None, suffix: str = ""
) -> Iterator[Score]:
    """KL both ways and, for a π, JS_π."""
    known = (log_p_N, log_q_N, log_weight_N)
    yield Score(f"kl{suffix}", divergence.kl(*known).item())
    yield Score(f"reverse-kl{suffix}", divergence.reverse_kl(*known).item())
    if pi is not None:
        yield Score(f"js{suffix}", divergence.js(*known, pi).item())


def pi_of(objective: object) -> float | None:
    """The π of an objective that has one."""
    return getattr(getattr(objective, "options", None), "pi", None)
