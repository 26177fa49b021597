"""Divergences between p and q, where p is known.

`expected_loss` is the entrance for densities on points, of the divergences here and of the likelihood family, whose
−E_p[f(log q)] it takes over the same points. `losses` is the one for text: p(·|x) is listed (`TextBatch.support`), but
q gives something to outputs without number, so its part off the support is known only as a whole, or from samples.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.decoding.padding import unpad
from beyond_mle.objectives import density_ratio
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, Samples, draw, evaluating, surrogate
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import LogProb, Loss, Support, TextBatch
from beyond_mle.yardsticks import divergence

LEAST_LOG_Q = -1e4
"""Stands for log q = −∞ of an output that the model cannot produce: e^−10000 is 0, but has a gradient (of 0)."""


class Divergence(ABC):
    """A divergence D from p to q; it needs the density of both."""

    Options: type[PolicyGradientOptions] = PolicyGradientOptions
    needs_support: ClassVar[bool] = True

    def __init__(self, options: PolicyGradientOptions):
        self.options = options

    @abstractmethod
    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """The divergence in nats, differentiable in log q."""

    @abstractmethod
    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """What outputs earn: ∇D = −∇E_q[reward], where the reward is held fixed; log p is −∞ off the support."""

    def expected_loss(self, log_prob: LogProb, p_B: Tensor) -> Tensor:
        """The divergence where all sequences and their p are known."""
        return self.value(p_B.log(), log_prob.total_B, torch.zeros_like(p_B))

    def losses(self, model: nn.Module, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The mean over sources of D[p(·|x), q(·|x)], whose gradient is estimated from samples of q.

        Metrics: `loss` is −E_q[reward]; `valid` the share of samples with p(y|x) > 0; `cut` the share that was cut off
        at the length limit and counts as off the support.

        Args:
            model: also `Stepwise`; its q is that of evaluation mode, so there is no dropout.
            batch: with its support; the targets play no part.
            step: plays no part.
        """
        with evaluating(model):
            samples = draw(model, batch.source_BS, self.options.samples)
        log_p_BK = look_up(samples, batch.support)
        reward_BK = self.reward(log_p_BK, samples.log_q_BK.detach())
        metrics = {
            "loss": -reward_BK.mean(),
            "valid": log_p_BK.isfinite().float().mean(),
            "cut": samples.cut_N.float().mean(),
        }
        total = surrogate(samples.log_q_BK, reward_BK).sum()
        return {"model": Loss(total, total.new_tensor(len(batch)), metrics)}


class ReverseKLOptions(PolicyGradientOptions):
    """Options of `reverse-kl`; for text only."""

    floor: float = Field(default=-100.0, lt=0)
    """KL[Q‖P] is infinite as soon as q leaves the support of p, so each output off it counts as one of this log p, in
    nats. There are about V^T outputs of T words from V: with a floor above −T log V, q would do best to leave."""


@OBJECTIVES.register("reverse-kl")
class ReverseKL(Divergence):
    """KL[Q‖P]: seeks a mode; proper. For text by samples of q, with a floor under log p."""

    Options = ReverseKLOptions
    options: ReverseKLOptions
    autoregressive_method: ClassVar[str] = "step"

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """KL[Q‖P]."""
        return divergence.reverse_kl(log_p_N, log_q_N, log_weight_N)

    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """log p − log q, with the floor in place of log 0."""
        return torch.where(log_p_N == -torch.inf, self.options.floor, log_p_N) - log_q_N


class JSOptions(PolicyGradientOptions):
    """Options of `js`."""

    pi: float = Field(default=0.5, gt=0, lt=1)
    """π, the share of p in the mixture: near 0 it behaves as KL[P‖Q], near 1 as KL[Q‖P]; ½ is the usual JSD."""
    gradient: Literal["enumeration", "reinforce"] = "enumeration"
    """For text: exact, by log q of the whole support (every output of it is a row of the batch: keep `batch_tokens`
    small), or estimated from `samples` of q."""


@OBJECTIVES.register("js")
class JS(Divergence):
    """Generalised Jensen-Shannon divergence JS_π[P‖Q]: covers modes for small π, seeks one for large π; proper."""

    Options = JSOptions
    options: JSOptions

    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """JS_π[P‖Q]."""
        return divergence.js(log_p_N, log_q_N, log_weight_N, self.options.pi)

    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """(1−π) log(1 − π + π p/q)."""
        return (1 - self.options.pi) * density_ratio.reward(log_p_N - log_q_N, log_q_N.new_tensor(self.options.pi))

    def losses(self, model: nn.Module, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The mean over sources of JS_π[p(·|x), q(·|x)]: exactly, or as `Divergence.losses` does.

        Off the support q meets no p, so that every output there adds (1−π) q log 1/(1−π), and all of them together
        as much for their whole probability. Metrics of the exact one: `loss` is JS_π itself, `support_mass` the share
        of q on the support.
        """
        if self.options.gradient == "reinforce":
            return super().losses(model, batch, step)
        support = batch.support
        with evaluating(model):
            log_prob = model.log_prob(TextBatch(batch.source_BS[support.row_R], support.output_RT))
        log_q_R = log_prob.joint_B.clamp(min=LEAST_LOG_Q)
        q_on = log_q_R.exp().sum()
        on = self.value(support.log_p_R, log_q_R, torch.zeros_like(log_q_R))
        off = -(1 - self.options.pi) * math.log1p(-self.options.pi) * (len(batch) - q_on)
        total, count = on + off, on.new_tensor(len(batch))
        metrics = {"loss": total.detach() / count, "support_mass": q_on.detach() / count}
        return {"model": Loss(total, count, metrics)}


def look_up(samples: Samples, support: Support) -> Tensor:
    """log p of each sample [B, K]; −∞ off the support, and for a sample that was cut."""
    listed = zip(support.row_R.tolist(), unpad(support.output_RT), support.log_p_R.tolist(), strict=True)
    known = {(row, *output): log_p for row, output, log_p in listed}
    shape = samples.log_q_BK.shape
    outputs = zip(unpad(samples.batch_N.target_BT), samples.cut_N.tolist(), strict=True)
    log_p_N = [
        -torch.inf if cut else known.get((n // shape[1], *output), -torch.inf)
        for n, (output, cut) in enumerate(outputs)
    ]
    return samples.log_q_BK.new_tensor(log_p_N).view(shape)


def expected_loss(objective: Divergence | Likelihood, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
    """What the objective minimises, by enumeration or quadrature.

    Args:
        objective: a divergence, or a likelihood objective, of which it is −E_p[f(log q)] (T = 1).
        log_p_N: log p at each point.
        log_q_N: log q at each point.
        log_weight_N: logarithms of the quadrature weights; 0 for probabilities of atoms.
    """
    if isinstance(objective, Likelihood):
        return -divergence.expectation(log_p_N, objective.value(log_q_N), log_weight_N)
    return objective.value(log_p_N, log_q_N, log_weight_N)
