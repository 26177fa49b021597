"""A prepared text task, opened: its texts, their token ids, batches."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.text import vocabulary
from beyond_mle.text.batches import batches
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.scoring import Scoring
from beyond_mle.types import TextBatch, TextSpec


@dataclass(frozen=True)
class TextData:
    """A text task, read from its folder as far as it is asked for."""

    folder: Path
    scoring: Scoring
    """How outputs are scored against references."""

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The joint vocabulary."""
        return vocabulary.load(self.folder / "vocabulary.json")

    @property
    def spec(self) -> TextSpec:
        """What a text model is built from."""
        return TextSpec(self.tokenizer.get_vocab_size())

    def pairs(self, split: str) -> EncodedPairs:
        """The encoded pairs of a split."""
        return EncodedPairs.load(self.folder / f"{split}.npz")

    def sources(self, split: str) -> list[str]:
        """The sources of a split."""
        return [row["source"] for row in read_jsonl(self.folder / f"{split}.jsonl")]

    def references(self, split: str) -> list[list[str]]:
        """All targets of each source of a split."""
        return [row["targets"] for row in read_jsonl(self.folder / f"{split}.jsonl")]

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids without boundary symbols."""
        return vocabulary.encode(self.tokenizer, texts)

    def decode(self, outputs: list[list[int]]) -> list[str]:
        """Token ids as text."""
        return [vocabulary.decode(self.tokenizer, ids) for ids in outputs]

    def epoch(self, number: int, seed: int, budget: int) -> list[np.ndarray]:
        """The batches of an epoch as row numbers of the training pairs, of about `budget` tokens each."""
        return batches(self._train.lengths, budget, seed, number)

    def batch(self, key: np.ndarray) -> TextBatch:
        """The training pairs with these row numbers."""
        return self._train.batch(key)

    @cached_property
    def _train(self) -> EncodedPairs:
        pairs = self.pairs("train")
        if not len(pairs):
            raise UserError(f"{self.folder}/train.jsonl holds no sentence pair; see prepared.json for what was dropped")
        return pairs
