"""The generalised Jensen-Shannon divergence JS_π[P‖Q] (Huszár 2015, eq. 12)."""

import math
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.card import Card
from beyond_mle.formulas import density_ratio, divergence
from beyond_mle.objectives.divergence_objective import DivergenceObjective
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, evaluating
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, TextBatch

LEAST_LOG_Q = -1e4
"""Stands for log q = −∞ of an output that the model cannot produce: e^−10000 is 0, but has a gradient (of 0)."""


class JSOptions(PolicyGradientOptions):
    """Options of `js`."""

    headline: ClassVar[tuple[str, ...]] = ("pi",)

    pi: float = Field(default=0.5, gt=0, lt=1)
    """π, the share of p in the mixture: near 0 it behaves as KL[P‖Q], near 1 as KL[Q‖P]; ½ is the usual JSD."""
    gradient: Literal["enumeration", "reinforce"] = "enumeration"
    """For text: exact, by log q of the whole support (every output of it is a row of the batch: keep `batch_tokens`
    small), or estimated from `samples` of q."""


@OBJECTIVES.register("js")
class JS(DivergenceObjective):
    """Generalised Jensen-Shannon divergence JS_π[P‖Q]: covers modes for small π, seeks one for large π; proper."""

    card = Card(
        minimises="JS_π[P‖Q]",
        proper=True,
        optimum="P",
        leans="from covering to seeking as π rises",
    )

    Options = JSOptions
    options: JSOptions

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """JS_π[P‖Q]."""
        return divergence.js(log_p_N, log_q_N, log_weight_N, self.options.pi)

    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """(1−π) log(1 − π + π p/q)."""
        return (1 - self.options.pi) * density_ratio.reward(log_p_N - log_q_N, log_q_N.new_tensor(self.options.pi))

    def of_text(self, model: Any, batch: TextBatch) -> Loss:
        """The mean over sources of JS_π[p(·|x), q(·|x)]: exactly, or from samples.

        Off the support q meets no p, so that every output there adds (1−π) q log 1/(1−π), and all of them together
        as much for their whole probability. Metrics of the exact one: `loss` is JS_π itself, `support_mass` the share
        of q on the support.
        """
        if self.options.gradient == "reinforce":
            return super().of_text(model, batch)
        support = batch.support
        assert support is not None  # `KnownSupport` is needed
        with evaluating(model):
            log_prob = model.log_prob(TextBatch(batch.source_BS[support.row_R], support.output_RT))
        log_q_R = log_prob.joint_B.clamp(min=LEAST_LOG_Q)
        q_on = log_q_R.exp().sum()
        on = self.value(support.log_p_R, log_q_R, torch.zeros_like(log_q_R))
        off = -(1 - self.options.pi) * math.log1p(-self.options.pi) * (len(batch) - q_on)
        total, count = on + off, on.new_tensor(len(batch))
        metrics = {"loss": total.detach() / count, "support_mass": q_on.detach() / count}
        return Loss(total, count, metrics)
