"""What every task of text shares: its texts are cleaned, cut into tokens and encoded into one folder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from beyond_mle.files import write_jsonl
from beyond_mle.symbols import EOS
from beyond_mle.tasks.prepared import Counts, Prepared
from beyond_mle.text import vocabulary
from beyond_mle.text.data import TextData
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.scoring import Scoring
from beyond_mle.text.vocabulary import VocabularyOptions
from beyond_mle.types import Spec, TextSpec


class TextTask(ABC):
    """A task whose items are pairs of texts.

    Its folder holds {split}.jsonl, the texts; vocabulary.json, the joint vocabulary of the training pairs; {split}.npz,
    the token ids; and, where p is known, truth.jsonl.
    """

    spec: ClassVar[type[Spec]] = TextSpec
    Data: ClassVar[type[TextData]] = TextData
    options: Any

    @property
    @abstractmethod
    def scoring(self) -> Scoring:
        """How outputs are scored."""

    @property
    def vocabulary(self) -> VocabularyOptions:
        """How the text is cut into tokens."""
        return self.options.vocabulary

    @abstractmethod
    def source_files(self) -> list[str]:
        """The names of all files that it reads."""

    @abstractmethod
    def texts(self, paths: Mapping[str, Path]) -> Prepared:
        """Read or draw the text, clean it, split it.

        Args:
            paths: where each of `source_files()` is found.
        """

    def open(self, folder: Path) -> TextData:
        """What `prepare` wrote."""
        return TextData(folder, self.scoring)

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Write the folder.

        Args:
            paths: where each of `source_files()` is found.
            folder: where to write.

        Returns:
            What was read, kept and dropped of each split.

        Raises:
            UserError: if a file is faulty, or nothing is left to train on.
        """
        prepared = self.texts(paths)
        for split, rows in prepared.splits.items():
            write_jsonl(folder / f"{split}.jsonl", rows)
        if prepared.truth is not None:
            write_jsonl(folder / "truth.jsonl", prepared.truth)
        train = prepared.splits["train"]
        texts = (text for row in train for text in (row["source"], *row["targets"]))
        vocabulary.save(vocabulary.train(texts, self.vocabulary), folder / "vocabulary.json")
        tokenizer = vocabulary.load(folder / "vocabulary.json")
        print(f"{tokenizer.get_vocab_size()} {self.vocabulary.kind} entries from {len(train)} pairs")
        for split, rows in prepared.splits.items():
            sources = [[*ids, EOS] for ids in vocabulary.encode(tokenizer, [row["source"] for row in rows])]
            # one target a pair: further references serve the scores alone
            targets = vocabulary.encode(tokenizer, [row["targets"][0] for row in rows])
            pairs = EncodedPairs.from_pairs(sources, targets)
            pairs.save(folder / f"{split}.npz")
            mean, longest = pairs.lengths.mean(axis=0), pairs.lengths.max(axis=0)
            print(
                f"{split}: {len(pairs)} pairs; tokens a source {mean[0]:.1f} (at most {longest[0]}), "
                f"a target {mean[1]:.1f} (at most {longest[1]})"
            )
        return prepared.cleaning
