"""The loop that greedy decoding and sampling share: one token after the other, one hypothesis per source."""

from collections.abc import Callable

import torch
from torch import Tensor

from beyond_mle.capabilities import Stepwise
from beyond_mle.decoding.length_limit import forbid_end
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import unpad

Choice = Callable[[Tensor, Tensor, int], Tensor]
"""From log q(next) [R, V], the source each row decodes [R] and the step: the next token of each row [R]."""


def step_by_step(
    model: Stepwise, source_BS: Tensor, limit_B: Tensor, min_length: int, choose: Choice
) -> list[list[int]]:
    """Decode every source until EOS or its length limit.

    Args:
        model: in evaluation mode.
        source_BS: sources with their final EOS, padded with PAD.
        limit_B: the most tokens each output may have; at least 1.
        min_length: the fewest tokens an output may have.
        choose: takes the next token of each row.

    Returns:
        The tokens of each output, without BOS and EOS.
    """
    steps = int(limit_B.max())
    output_BT = torch.full((len(source_BS), steps), PAD, device=source_BS.device)
    state = model.start(source_BS, steps)
    row_R = torch.arange(len(source_BS), device=source_BS.device)
    token_R = torch.full_like(row_R, BOS)
    open_R = torch.ones_like(row_R, dtype=torch.bool)
    for step in range(steps):
        log_prob_RV = model.step(token_R, state)
        if step < min_length:
            forbid_end(log_prob_RV)
        token_R = choose(log_prob_RV, row_R, step)
        open_R = open_R & (token_R != EOS)
        output_BT[row_R, step] = torch.where(open_R, token_R, PAD)
        open_R = open_R & (step + 1 < limit_B[row_R])
        n_open = int(open_R.sum())
        if n_open == 0:
            break
        if worth_compacting(n_open, len(row_R)):
            kept_R = open_R.nonzero().squeeze(1)
            state.select(kept_R)
            row_R, token_R, open_R = row_R[kept_R], token_R[kept_R], open_R[kept_R]
    return unpad(output_BT)


def worth_compacting(n_open: int, n: int) -> bool:
    """Whether finished ones should leave a batch of which `n_open` of `n` are still open.

    Leaving copies the whole cache, so it waits until a quarter is idle (measured faster than half, or any).
    """
    return 4 * n_open <= 3 * n
