"""From alignments, one symbol per position, to outputs."""

from torch import Tensor
from torch.nn import functional as F


def collapse(symbol_BU: Tensor, blank: int) -> list[list[int]]:
    """The output of each alignment: neighbours that are equal are merged, then blanks are dropped."""
    repeated_BU = F.pad(symbol_BU[:, 1:] == symbol_BU[:, :-1], (1, 0))
    kept_BU = (symbol_BU != blank) & ~repeated_BU
    return [row_U[kept_U].tolist() for row_U, kept_U in zip(symbol_BU.cpu(), kept_BU.cpu(), strict=True)]
