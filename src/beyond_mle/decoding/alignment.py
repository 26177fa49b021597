"""Models that align their output to positions, as their decoders see them: one symbol per position, then collapse."""

from typing import Protocol

from torch import Tensor
from torch.nn import functional as F

from beyond_mle.types import Encoded


class Aligned(Protocol):
    """A model that gives each position a token or blank on its own (CTC)."""

    blank: int
    """The id that stands for "no token"."""

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""

    def alignment_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(v at u | x) of U positions as [B, U, V]; −inf for ids that the model never emits.

        Rows with fewer positions are filled up with positions where blank is certain, which change no output.
        """


def collapse(symbol_BU: Tensor, blank: int) -> list[list[int]]:
    """The output of each alignment: neighbours that are equal are merged, then blanks are dropped."""
    repeated_BU = F.pad(symbol_BU[:, 1:] == symbol_BU[:, :-1], (1, 0))
    kept_BU = (symbol_BU != blank) & ~repeated_BU
    return [row_U[kept_U].tolist() for row_U, kept_U in zip(symbol_BU.cpu(), kept_BU.cpu(), strict=True)]
