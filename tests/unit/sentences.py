"""Sentences as data for language models: word ids without sources, and, if need be, the states behind some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from beyond_mle.text.padding import pad
from beyond_mle.types import TextBatch, TextSpec


def batch_of(rows: Sequence[Sequence[int]], hidden: Sequence[Sequence[int]] | None = None) -> TextBatch:
    """These sentences; of each word its state, −1 where it is not given."""
    target_BT = pad(rows)
    if hidden is None:
        return TextBatch(target_BT, target_BT)
    hidden_BT = torch.full_like(target_BT, -1)
    for row, states in enumerate(hidden):
        hidden_BT[row, : len(states)] = torch.tensor(states, dtype=torch.long)
    return TextBatch(target_BT, target_BT, hidden_BT=hidden_BT)


@dataclass(frozen=True)
class Sentences:
    """All of them in each epoch, `budget` of them in a batch."""

    rows: Sequence[Sequence[int]]
    hidden: Sequence[Sequence[int]] | None = None
    spec: ClassVar[TextSpec] = TextSpec(9)

    def epoch(self, number: int, seed: int, budget: int) -> list[slice]:
        return [slice(first, first + budget) for first in range(0, len(self.rows), budget)]

    def batch(self, key: slice) -> TextBatch:
        return batch_of(self.rows[key], None if self.hidden is None else self.hidden[key])


def drawn(n: int, seed: int = 0, words: range = range(3, 9), longest: int = 7) -> list[list[int]]:
    """Random sentences, some of them empty; words come in runs, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for length in torch.randint(0, longest + 1, (n,), generator=generator).tolist():
        steps = torch.randint(0, 2, (length,), generator=generator).cumsum(0)
        offset = int(torch.randint(0, len(words), (), generator=generator))
        rows.append([words[(offset + step) % len(words)] for step in steps.tolist()])
    return rows
