"""How near a model of a finite language comes to the closed-form optimum of its objective."""

from collections.abc import Iterator

import torch
from scipy.special import entr

from beyond_mle.capabilities import Explicit, KnownOptimum, Whole
from beyond_mle.formulas.discrete import kl, total_variation
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import FiniteSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("finite-optimum")
class FiniteOptimum(Yardstick):
    """The fitted q beside the optimum over all distributions.

    `distance-from-optimum`: total variation from it. `sequence-entropy`: H(q), `kl`: KL[P‖Q], infinite if q excludes a
    string; with `-optimum` the same of the closed form.
    """

    accepts = FiniteSpec
    needs = (Whole, Explicit, KnownOptimum)
    metrics = (
        Metric("distance-from-optimum", "", "lower"),
        Metric("sequence-entropy", "nats"),
        Metric("kl", "nats", "lower", matters_share=0.01),
        Metric("sequence-entropy-optimum", "nats"),
        Metric("kl-optimum", "nats", "lower"),
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """By enumeration."""
        batch = subject.data.whole()
        with torch.no_grad():
            log_prob = subject.model.log_prob(batch)
        p_N, q_N = batch.density.weight_B.numpy(), log_prob.total_B.exp().numpy()
        length_N = log_prob.length_B.numpy() + log_prob.boundary
        optimum_N = subject.objective.optimum(p_N, length_N, subject.data.spec.support)
        yield Score("distance-from-optimum", total_variation(q_N, optimum_N))
        for suffix, own_N in (("", q_N), ("-optimum", optimum_N)):
            yield Score(f"sequence-entropy{suffix}", float(entr(own_N).sum()))
            yield Score(f"kl{suffix}", kl(p_N, own_N))
