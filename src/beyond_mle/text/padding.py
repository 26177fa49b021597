"""Between lists of token ids and rectangular tensors padded on the right."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from beyond_mle.symbols import EOS, PAD


def pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    """Token lists as one int64 tensor [R, T] on the CPU, padded on the right with PAD."""
    rows = [torch.tensor(sequence, dtype=torch.long) for sequence in sequences]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def unpad(token_RT: Tensor) -> list[list[int]]:
    """The tokens of each row up to its first PAD."""
    length_R = (token_RT != PAD).cumprod(dim=1).sum(dim=1)
    return [row[:length] for row, length in zip(token_RT.tolist(), length_R.tolist(), strict=True)]


def ended(target_BT: Tensor) -> Tensor:
    """The targets with an EOS behind the last token of each, [B, T+1]."""
    length_B1 = (target_BT != PAD).sum(1, keepdim=True)
    return F.pad(target_BT, (0, 1), value=PAD).scatter(1, length_B1, EOS)


def inside(length_R: Tensor, longest: int) -> Tensor:
    """Which positions belong to outputs of these lengths, [R, longest]."""
    return torch.arange(longest, device=length_R.device) < length_R[:, None]
