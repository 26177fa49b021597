"""The folder of a prepared text task. Without PyTorch, so that the stages that only read text start fast."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from beyond_mle.files import read_jsonl
from beyond_mle.text import vocabulary
from beyond_mle.text.encoded import EncodedPairs


@dataclass(frozen=True)
class TaskData:
    """A prepared text task, read from its folder as far as it is asked for."""

    folder: Path

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The joint vocabulary."""
        return vocabulary.load(self.folder / "vocabulary.json")

    def pairs(self, split: str) -> EncodedPairs:
        """The encoded pairs of a split."""
        return EncodedPairs.load(self.folder / f"{split}.npz")

    def references(self, split: str) -> list[list[str]]:
        """All targets of each source of a split."""
        return [row["targets"] for row in read_jsonl(self.folder / f"{split}.jsonl")]

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids without boundary symbols."""
        return vocabulary.encode(self.tokenizer, texts)

    def decode(self, outputs: list[list[int]]) -> list[str]:
        """Token ids as text."""
        return [vocabulary.decode(self.tokenizer, ids) for ids in outputs]

    def truth(self) -> list[dict[str, Any]] | None:
        """The exact p(y|x) of the test sources, where the task knows it."""
        return read_jsonl(self.folder / "truth.jsonl") or None
