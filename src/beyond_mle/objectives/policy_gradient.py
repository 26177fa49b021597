"""The gradient of E_q[reward] in the parameters of q, from samples of q: REINFORCE (Williams 1992).

    ∇ E_q[r] = E_q[(r − b) ∇ log q(y|x)],   where the reward r is held fixed.

Of K samples per source, each one's baseline b is the mean reward of the others ("leave one out", Kool et al. 2019), so
the estimate is unbiased. It asks for no more than a reward per output, but sees no more than the samples show: where
all samples of a source earn the same, its gradient is 0. B: sources. K: samples of each. N: all samples, B·K.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.capabilities import Explicit, Stepwise, implements
from beyond_mle.decoding.sampling import Sampling
from beyond_mle.errors import UserError
from beyond_mle.options import Options
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import pad
from beyond_mle.types import TextBatch


class Drawable(Stepwise, Explicit, Protocol):
    """A model from which outputs can be drawn, and which says how likely they are."""


class PolicyGradientOptions(Options):
    """How the gradient is estimated."""

    samples: int = Field(default=4, ge=2)
    """K: outputs drawn for each source; at least 2, as each is compared with the others."""


@dataclass(frozen=True)
class Samples:
    """Outputs drawn from q, each with its source: K of the first source, then K of the second, and so on."""

    batch_N: TextBatch
    cut_N: Tensor
    """Which ones ended at the length limit and not by EOS. What they are cut from has no known log q."""
    log_q_BK: Tensor
    """log q(y|x) in nats, differentiable; a constant for those that were cut."""


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block: only there does a model sample from the q that its `log_prob` gives.

    So objectives that follow q's own distribution train without dropout.
    """
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def draw(model: Drawable, source_BS: Tensor, k: int) -> Samples:
    """K outputs of each source, up to the length limit that the sampling decoder has by default.

    Random numbers follow torch's global generator.

    Args:
        model: in evaluation mode.
        source_BS: the sources.
        k: how many for each.

    Raises:
        UserError: if the model is not `Stepwise`.
    """
    if not implements(type(model), Stepwise):
        raise UserError(
            f"{type(model).__name__} is not autoregressive: this objective cannot sample from it (of `js`, "
            "`gradient: enumeration` needs no samples)"
        )
    options = Sampling.Options()
    source_NS = source_BS.repeat_interleave(k, 0)
    generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
    output_NT = pad(Sampling(options).decode(model, source_NS, generator)).to(source_BS.device)
    batch_N = TextBatch(source_NS, output_NT)
    cut_N = (output_NT != PAD).sum(1) == options.lengths(source_NS, model)
    log_q_N = model.log_prob(batch_N).joint_B
    return Samples(batch_N, cut_N, torch.where(cut_N, log_q_N.detach(), log_q_N).view(-1, k))


def leave_one_out(reward_BK: Tensor) -> Tensor:
    """The advantage of each sample: its reward less the mean of its source's other samples."""
    k = reward_BK.shape[1]
    return (reward_BK - reward_BK.mean(1, keepdim=True)) * (k / (k - 1))


def surrogate(log_q_BK: Tensor, reward_BK: Tensor) -> Tensor:
    """What to minimise per source [B] in order to raise E_q[reward]; only its gradient has a meaning.

    Args:
        log_q_BK: of samples of q, differentiable.
        reward_BK: what each one earns; no gradient flows through it.
    """
    return -(leave_one_out(reward_BK.detach()) * log_q_BK).mean(1)
