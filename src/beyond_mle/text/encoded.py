"""Encoded sentence pairs: the token ids of a whole split, end to end, and padded batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from beyond_mle.errors import UserError
from beyond_mle.files import atomic
from beyond_mle.symbols import PAD

if TYPE_CHECKING:
    from beyond_mle.types import TextBatch


@dataclass(frozen=True)
class EncodedPairs:
    """Token ids (int32); item i of a side is `ids[offsets[i]:offsets[i + 1]]`."""

    source_ids: np.ndarray
    """Every source ends with EOS."""
    source_offsets: np.ndarray
    target_ids: np.ndarray
    """Targets have neither BOS nor EOS."""
    target_offsets: np.ndarray

    @classmethod
    def from_pairs(cls, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> "EncodedPairs":
        """Lay out token ids; each source must end with EOS.

        Raises:
            ValueError: if there are not as many targets as sources.
        """
        if len(sources) != len(targets):
            raise ValueError(f"{len(sources)} sources but {len(targets)} targets")
        return cls(*_ragged(sources), *_ragged(targets))

    def save(self, path: Path) -> None:
        """Write an .npz file; equal pairs give equal bytes."""
        # an open file, because numpy adds .npz to a name that lacks it
        with atomic(path) as temporary, temporary.open("wb") as out:
            np.savez(out, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "EncodedPairs":
        """Read what `save` wrote.

        Raises:
            UserError: if the file is missing or not of this kind.
        """
        try:
            with np.load(path) as arrays:
                return cls(**{field.name: arrays[field.name] for field in fields(cls)})
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            raise UserError(f"{path}: not a file of encoded pairs; remove it and run the workflow again") from None

    def __len__(self) -> int:
        return len(self.source_offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each source (EOS included) and of each target, [N, 2]."""
        return np.stack([np.diff(self.source_offsets), np.diff(self.target_offsets)], axis=1)

    def first(self, n: int) -> "EncodedPairs":
        """The first n pairs, or all where there are fewer."""
        n = min(n, len(self))
        sides = (self.source_ids, self.source_offsets), (self.target_ids, self.target_offsets)
        return EncodedPairs(*(part for ids, ends in sides for part in (ids[: ends[n]], ends[: n + 1])))

    def source(self, row: int) -> list[int]:
        """The token ids of one source, EOS included."""
        return self.source_ids[self.source_offsets[row] : self.source_offsets[row + 1]].tolist()

    def sources(self) -> list[list[int]]:
        """The token ids of every source, EOS included."""
        return [self.source(row) for row in range(len(self))]

    def batch(self, rows_B: np.ndarray) -> "TextBatch":
        """These pairs, padded on the right."""
        import torch  # here, because the stages that only encode start faster without it

        from beyond_mle.types import TextBatch

        source_BS = _padded(self.source_ids, self.source_offsets, rows_B)
        target_BT = _padded(self.target_ids, self.target_offsets, rows_B)
        return TextBatch(torch.from_numpy(source_BS), torch.from_numpy(target_BT))


def _ragged(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """The ids end to end, and where each row starts (one more for the end)."""
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    ids = np.fromiter((token for row in rows for token in row), dtype=np.int32, count=offsets[-1])
    return ids, offsets


def _padded(ids: np.ndarray, offsets: np.ndarray, rows_B: np.ndarray) -> np.ndarray:
    """[B, longest] of int64, as embeddings and gather want it."""
    start_B1, end_B1 = offsets[rows_B, None], offsets[rows_B + 1, None]
    length_B1 = end_B1 - start_B1
    column_T = np.arange(length_B1.max(initial=0))
    real_BT = column_T < length_B1
    padded_BT = np.full(real_BT.shape, PAD, dtype=np.int64)
    padded_BT[real_BT] = ids[(start_B1 + column_T)[real_BT]]
    return padded_BT
