"""Real text in pairs: translation, summarization or another task, from downloaded files or the user's own."""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from beyond_mle.errors import UserError
from beyond_mle.options import Options
from beyond_mle.registry import TASKS
from beyond_mle.tasks.prepared import Prepared
from beyond_mle.tasks.text_task import TextTask
from beyond_mle.text.cleaning import CleaningOptions, clean, normalise, normalise_source
from beyond_mle.text.pairs import PairFiles, RawPairs, read_pairs
from beyond_mle.text.scoring import Rouge, Scoring
from beyond_mle.text.vocabulary import VocabularyOptions

Pair = tuple[str, str]
"""A source and its target."""
Referenced = tuple[str, tuple[str, ...]]
"""A source and its references."""
_EVALUATION = ("dev", "test")


class Splits(Options):
    """The files of each split, named as in config/sources.yaml or as local paths."""

    train: PairFiles
    """Two text files, line by line, or one file of pairs."""
    dev: PairFiles | None = None
    """None: held out of train."""
    test: PairFiles | None = None
    """None: held out of train."""


class ParallelOptions(Options):
    """Where the text is, which way, and how it is cleaned and cut into tokens."""

    splits: Splits
    """The files of train, and of dev and test unless they are held out."""
    source_field: str = "source"
    """The key of the source in .jsonl files."""
    target_field: str = "target"
    """The key of the target in .jsonl files."""
    reverse: bool = False
    """Exchange source and target: the other direction from the same files."""
    cleaning: CleaningOptions = CleaningOptions()
    """Where sources are cut, and which training pairs are dropped."""
    max_train: int | None = Field(default=None, gt=0)
    """Keep only the first so many training pairs after cleaning."""
    dev_size: int = Field(default=1000, gt=0)
    """Pairs held out where there are no dev files."""
    test_size: int = Field(default=1000, gt=0)
    """Pairs held out where there are no test files."""
    seed: int = 1
    """Which pairs are held out."""
    vocabulary: VocabularyOptions = VocabularyOptions(kind="bpe")
    """How the text is cut into tokens."""
    language: str | None = None
    """The language code of the target (after `reverse`), such as de: adds BLEU of Moses-tokenised text."""
    rouge: Rouge | None = None
    """For summaries: adds ROUGE, of stems (English) or of tokens as they stand (any language)."""

    @model_validator(mode="after")
    def _references_for_evaluation_only(self) -> "ParallelOptions":
        several = [split for split, files in self.splits if files is not None and files.target_fields is not None]
        if "train" in several:
            raise ValueError("target_fields are for dev and test: a training pair has one target, in target_field")
        if several and self.reverse:
            raise ValueError(f"reverse needs one target for a source, but splits.{several[0]} has target_fields")
        return self


@TASKS.register("parallel")
class Parallel(TextTask):
    """Pairs of real texts. Of what else could be said of a source, only its references are known."""

    Options = ParallelOptions

    def __init__(self, options: ParallelOptions):
        self.options = options
        self._files = {split: pair_files for split, pair_files in options.splits if pair_files is not None}

    @property
    def scoring(self) -> Scoring:
        """How outputs are scored."""
        return Scoring(moses_language=self.options.language, rouge=self.options.rouge)

    def source_files(self) -> list[str]:
        """The names of all files of the task."""
        return [name for pair_files in self._files.values() for name in pair_files.names]

    def texts(self, paths: Mapping[str, Path]) -> Prepared:
        """Read, clean and split the text.

        Args:
            paths: where each of `source_files()` is found.

        Raises:
            UserError: if a file is faulty, a dev or test line is empty, or nothing is left to train on.
        """
        raw = {split: self._read(pair_files, paths) for split, pair_files in self._files.items()}
        train = [(source, target) for source, (target,) in raw["train"].pairs]
        clean_pairs, dropped = clean(train, self.options.cleaning)
        given = {split: _normalised(raw[split], self.options.cleaning) for split in _EVALUATION if split in raw}
        train = _without_sources(clean_pairs, given)
        evaluation = given | self._hold_out(train, raw["train"].source_file)
        train = _without_sources(train, evaluation)
        dropped["source of an evaluation split"] = len(clean_pairs) - len(train)
        if self.options.max_train is not None:
            dropped["beyond max_train"] = max(0, len(train) - self.options.max_train)
            train = train[: self.options.max_train]
        dropped = {reason: count for reason, count in dropped.items() if count}
        read = len(raw["train"].pairs)
        if not train:
            reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items()) or "none"
            file = raw["train"].source_file
            raise UserError(f"{file}: no training pair is left of {read} lines (dropped: {reasons})")
        return Prepared(
            {"train": _rows(_referenced(train)), **{split: _rows(evaluation[split]) for split in _EVALUATION}},
            {"train": _count(read, len(train), dropped)}
            | {split: _count(len(evaluation[split]), len(evaluation[split]), {}) for split in _EVALUATION},
        )

    def _read(self, pair_files: PairFiles, paths: Mapping[str, Path]) -> RawPairs:
        raw = read_pairs(pair_files, paths, self.options.source_field, self.options.target_field)
        return raw.reversed() if self.options.reverse else raw

    def _hold_out(self, train: list[Pair], file: Path) -> dict[str, list[Referenced]]:
        """Draw the evaluation splits that have no files: pairs with distinct sources."""
        sizes = {"dev": self.options.dev_size, "test": self.options.test_size}
        sizes = {split: size for split, size in sizes.items() if split not in self._files}
        distinct = list(dict(train).items())
        if len(distinct) < sum(sizes.values()):
            wanted = " and ".join(f"{split}_size = {size}" for split, size in sizes.items())
            raise UserError(f"{file}: {len(distinct)} usable pairs are too few to hold out {wanted}; lower these")
        order = iter(np.random.default_rng(self.options.seed).permutation(len(distinct)))
        return {split: _referenced(distinct[row] for row in islice(order, size)) for split, size in sizes.items()}


def _normalised(raw: RawPairs, options: CleaningOptions) -> list[Referenced]:
    """The pairs of an evaluation split, where every line counts."""
    pairs = [(normalise_source(source, options), tuple(map(normalise, targets))) for source, targets in raw.pairs]
    if not pairs:
        raise UserError(f"{raw.source_file}: no lines")
    for number, (source, targets) in enumerate(pairs, start=1):
        for text, file in [(source, raw.source_file), *((target, raw.target_file) for target in targets)]:
            if not text:
                raise UserError(f"{file}, line {number}: empty text in an evaluation split; fill or remove the pair")
    return pairs


def _without_sources(train: list[Pair], evaluation: Mapping[str, list[Referenced]]) -> list[Pair]:
    """The training pairs whose source is in no evaluation split."""
    held = {source for pairs in evaluation.values() for source, _ in pairs}
    return [pair for pair in train if pair[0] not in held]


def _referenced(pairs: Iterable[Pair]) -> list[Referenced]:
    return [(source, (target,)) for source, target in pairs]


def _rows(pairs: list[Referenced]) -> list[dict[str, Any]]:
    return [{"source": source, "targets": list(targets)} for source, targets in pairs]


def _count(read: int, kept: int, dropped: dict[str, int]) -> dict[str, Any]:
    return {"read": read, "kept": kept, "dropped": dropped}
