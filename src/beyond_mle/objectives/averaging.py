"""What objectives that average over a batch share: which tokens count, for how much, and the length predictor."""

from typing import Literal, TypeVar

from pydantic import Field
from torch import Tensor

from beyond_mle.options import Options
from beyond_mle.types import Batch, LogProb, Loss, TokenLogProb

Said = TypeVar("Said", LogProb, TokenLogProb)


class AveragingOptions(Options):
    """Where the official code and the formula differ, the default is the official choice for autoregressive models."""

    average: Literal["token", "sentence"] = "token"
    """a_i: `token` weighs a sentence by its T (official: Transformer, and MLE of every model), `sentence` by 1
    (official: convex losses of non-autoregressive models; the formula as written)."""
    count_boundary: bool = True
    """Whether T counts the boundary symbols: eos for autoregressive, bos and eos for other models (official)."""
    count_shown: bool = False
    """Whether tokens count that the model's input shows in training, for models that hide only part of the target
    (official CMLM: not in MLE, but in the convex loss)."""
    length_factor: float = Field(default=0.1, ge=0)
    """Weight of the length predictor's cross-entropy, for models that have one (official: 0.1 MLE, 0.01 convex)."""

    def counted(self, everything: Said) -> Said:
        """The part of what a model says that counts: all of it, or that of the hidden tokens."""
        return everything.hidden if everything.hidden is not None and not self.count_shown else everything

    def length(self, counted: Said) -> Tensor:
        """T of each item."""
        return counted.length_B + (counted.boundary if self.count_boundary else 0)

    def with_length_loss(
        self, total: Tensor, count: Tensor, everything: Said, weight_B: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Add the length predictor's cross-entropy, where the model has one, to a loss of `total / count`.

        Args:
            total: of the batch.
            count: what the total is divided by.
            everything: what the model says of the batch.
            weight_B: of each item, where they differ.

        Returns:
            The new total, and what to log.
        """
        log_prob_B = everything.length_log_prob_B
        if log_prob_B is None:
            return total, {}
        length_nll = -log_prob_B.mean() if weight_B is None else -(weight_B * log_prob_B).sum() / weight_B.sum()
        return total + self.length_factor * count * length_nll, {"length_nll": length_nll.detach()}


def item_weights(batch: Batch) -> Tensor | None:
    """What each item of the batch counts for, where the batch is all of p: p × quadrature weight; else none."""
    return None if batch.density is None else batch.density.weight_B


def mean_loss(loss_B: Tensor) -> Loss:
    """The mean over the items of a batch, each of which counts the same."""
    return Loss(loss_B.sum(), loss_B.new_tensor(len(loss_B)), {"loss": loss_B.detach().mean()})
