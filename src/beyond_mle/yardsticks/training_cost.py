"""What a step of training costs, counted and not timed: the same on every machine."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from beyond_mle.capabilities import Minibatches
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import RegressionSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("training-cost")
class TrainingCost(Yardstick):
    """`training-cost`: operations in the matrix products of the losses of one item, and of their gradients.

    All players are counted. What is drawn, and element-wise functions, are not.
    """

    accepts = RegressionSpec
    needs = (Minibatches,)
    metrics = (Metric("training-cost", "MFLOP", "lower", 3),)

    def measure(self, subject: Subject) -> Iterator[Score]:
        """On two items of the training data."""
        model, objective = subject.model, subject.objective
        device = next(model.parameters()).device
        batch = subject.data.batch(np.arange(2)).to(device)
        players = {"model": model, **(dict(objective.named_children()) if isinstance(objective, nn.Module) else {})}
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            FlopCounterMode(display=False) as counter,
        ):
            torch.manual_seed(subject.seed)
            for player, loss in objective.losses(model, batch).items():
                own = list(players[player].parameters())
                torch.autograd.grad(loss.total, own, retain_graph=True, allow_unused=True)
        yield Score("training-cost", counter.get_total_flops() / 2 / 1e6)
