"""Adam and its learning-rate schedules."""

from collections.abc import Iterable

import torch
from torch import nn

from beyond_mle.solvers.minibatch_options import MinibatchOptions


def make_optimiser(parameters: Iterable[nn.Parameter], options: MinibatchOptions) -> torch.optim.AdamW:
    """AdamW over these parameters (plain Adam where the weight decay is 0)."""
    return torch.optim.AdamW(parameters, lr=0.0, betas=options.betas, weight_decay=options.weight_decay, fused=True)


def learning_rate(step: int, options: MinibatchOptions) -> float:
    """The learning rate of optimiser step 1, 2, …: linear warm-up, then 1/√step or linear decay."""
    peak, warmup = options.learning_rate, options.warmup
    if step <= warmup:
        return peak * step / warmup
    if options.schedule == "inverse-sqrt":
        return peak * (max(warmup, 1) / step) ** 0.5
    done = (step - warmup) / max(options.steps - warmup, 1)
    return peak * (1 - (1 - options.final_fraction) * done)
