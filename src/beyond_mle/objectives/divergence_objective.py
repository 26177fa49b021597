"""Divergences between p and q as objectives, where p is known.

In a batch that is all of p (an enumeration, a quadrature grid) the divergence is computed as it is defined. Of text
p(·|x) can be listed (`TextBatch.support`), but q gives something to outputs without number: its part off the support is
known only as a whole, or from samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from beyond_mle.capabilities import Bounded, Explicit, KnownSupport, Need, Whole
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, Samples, draw, evaluating, surrogate
from beyond_mle.text.padding import unpad
from beyond_mle.types import Loss, Spec, Support


class DivergenceObjective(ABC):
    """A divergence D from p to q; it needs the density of both."""

    Options: type[PolicyGradientOptions] = PolicyGradientOptions
    needs: ClassVar[tuple[Need, ...]] = (Explicit, Whole | KnownSupport)
    refuses: ClassVar[tuple[Need, ...]] = (Bounded,)
    """Of a lower bound of q the divergences from p are not bounds: they are least where it is nothing."""

    def __init__(self, options: PolicyGradientOptions, spec: Spec):
        self.options = options

    @abstractmethod
    def value(self, log_p_N: Tensor, log_q_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """The divergence in nats, differentiable in log q."""

    @abstractmethod
    def reward(self, log_p_N: Tensor, log_q_N: Tensor) -> Tensor:
        """What outputs earn: ∇D = −∇E_q[reward], where the reward is held fixed; log p is −∞ off the support."""

    def optimum(self, p_N: np.ndarray, length_N: np.ndarray, output_N: Sequence[Sequence[Hashable]]) -> np.ndarray:
        """p itself, whatever the lengths: a divergence is proper."""
        return p_N

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """D[p, q] of a batch that is all of p; else the mean over sources of D[p(·|x), q(·|x)] by `of_text`."""
        if batch.density is None:
            return {"model": self.of_text(model, batch)}
        total = self.value(batch.density.log_p_B, model.log_prob(batch).total_B, batch.density.log_weight_B)
        return {"model": Loss(total, torch.ones_like(total), {"loss": total.detach()})}

    def of_text(self, model: Any, batch: Any) -> Loss:
        """The mean over sources, whose gradient is estimated from samples of q.

        Metrics: `loss` is −E_q[reward]; `valid` the share of samples with p(y|x) > 0; `cut` the share that was cut off
        at the length limit and counts as off the support.

        Args:
            model: also `Stepwise`; its q is that of evaluation mode, so there is no dropout.
            batch: with its support; the targets play no part.
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
        return Loss(total, total.new_tensor(len(batch)), metrics)


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
