"""Translation between two embedded languages, with exactly known p(y|x).

The source is the canonical sentence of a random meaning in one language. The target is a draw from a mixture,
over styles and synonyms, of sentences with the same meaning in the other language. Distinct meanings have
distinct sources, so p(y|x) is that mixture, and it can be sampled, enumerated and evaluated exactly.
"""

import math
import random
from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from beyond_mle.errors import UserError
from beyond_mle.registry import TASKS
from beyond_mle.tasks.language import Language, Slot, Tokens
from beyond_mle.tasks.meaning import Meaning, MeaningOptions, draw_meaning
from beyond_mle.tasks.prepared import Prepared
from beyond_mle.text.vocabulary import VocabularyOptions


@TASKS.register("grammar")
class Grammar:
    """The embedded translation task."""

    class Options(MeaningOptions):
        """Which way, how many-sided p(y|x) is, how many pairs are drawn; and what the meanings contain."""

        direction: Literal["ab", "ba"] = "ab"
        """a is English, b is German: ab translates English into German."""
        styles: int = Field(default=4, ge=1, le=8)
        """How many styles (word order and register) the target language uses: its first ones."""
        zipf: float = Field(default=0.5, ge=0)
        """The style of rank s has a probability ∝ 1/s^zipf; 0 makes all equally likely."""
        synonym: float = Field(default=0.7, gt=0, le=1)
        """Probability of the first synonym; at 1 there are no others."""
        garden_path: bool = True
        """Nouns whose likeliest determiner does not lead to the likeliest noun (greedy search goes wrong)."""
        largest_support: int = Field(default=20_000, ge=1)
        """Refuse meanings that have more realisations than this, since p(y|x) is to be enumerated."""
        train: int = Field(default=40_000, ge=1)
        """Training pairs, with one target each."""
        dev: int = Field(default=500, ge=1)
        """Validation sources."""
        test: int = Field(default=300, ge=1)
        """Test sources."""
        references: int = Field(default=4, ge=1)
        """Targets drawn for each dev and test source."""
        seed: int = 1
        """Seed of the data; the meanings drawn do not depend on the options of p(y|x)."""
        vocabulary: VocabularyOptions = VocabularyOptions(kind="words")
        """How the text is cut into tokens."""

    def __init__(self, options: Options):
        self.options = options
        names = ("english", "german") if options.direction == "ab" else ("german", "english")
        self._from, self._into = (Language(name, options.synonym, options.garden_path) for name in names)
        self._styles = self._into.styles[: options.styles]
        weights = [1 / rank**options.zipf for rank in range(1, len(self._styles) + 1)]
        self._style_p = [weight / sum(weights) for weight in weights]

    def source_files(self) -> list[str]:
        """No files: the data are generated."""
        return []

    @property
    def scoring(self) -> tuple[str, None]:
        """How outputs are scored: tokens stand between spaces, and there is no real language to tokenise."""
        return "none", None

    def meaning(self, rng: random.Random) -> Meaning:
        """Draw a meaning."""
        return draw_meaning(self.options, rng)

    def source(self, meaning: Meaning) -> Tokens:
        """The sentence that stands for a meaning in the source language."""
        return self._from.canonical(meaning)

    def sample(self, meaning: Meaning, rng: random.Random) -> Tokens:
        """Draw y ~ p(y|x)."""
        (style,) = rng.choices(self._styles, self._style_p)
        tokens: list[str] = []
        for slot in self._into.slots(meaning, style):
            alternatives, p = zip(*slot, strict=True)
            tokens += alternatives[0] if len(slot) == 1 else rng.choices(alternatives, p)[0]
        return tuple(tokens)

    def distribution(self, meaning: Meaning) -> dict[Tokens, float]:
        """p(y|x) of every y in its support, the likeliest first (ties: by string).

        Raises:
            UserError: if the support is larger than the option `largest_support`.
        """
        p: dict[Tokens, float] = defaultdict(float)
        for slots, style_p in zip(self._realisations(meaning), self._style_p, strict=True):
            for combination in product(*slots):
                tokens = tuple(token for alternative, _ in combination for token in alternative)
                p[tokens] += style_p * math.prod(q for _, q in combination)
        ranked = sorted(p, key=lambda tokens: (-_log(p[tokens]), " ".join(tokens)))
        return {tokens: p[tokens] for tokens in ranked}

    def log_prob(self, meaning: Meaning, output: Tokens) -> float:
        """log p(y|x) in nats, −inf off the support; without enumerating the support."""
        total = 0.0
        for style, style_p in zip(self._styles, self._style_p, strict=True):
            reached = {0: style_p}  # the probability of the output's first n tokens, by n
            for slot in self._into.slots(meaning, style):
                extended: dict[int, float] = defaultdict(float)
                for start, p in reached.items():
                    for alternative, q in slot:
                        end = start + len(alternative)
                        if output[start:end] == alternative:
                            extended[end] += p * q
                reached = extended
            total += reached.get(len(output), 0.0)
        return math.log(total) if total else -math.inf

    def mode(self, meaning: Meaning) -> Tokens:
        """The likeliest output y*."""
        return next(iter(self.distribution(meaning)))

    def entropy(self, meaning: Meaning) -> float:
        """H(p(·|x)) in nats."""
        return -sum(p * math.log(p) for p in self.distribution(meaning).values())

    def prepare(self, paths: Mapping[str, Path]) -> Prepared:
        """Draw the splits, and enumerate p(y|x) for the test split.

        Args:
            paths: not used, as the task has no source files.
        """
        o = self.options
        sizes = {"test": (o.test, o.references), "dev": (o.dev, o.references), "train": (o.train, 1)}
        seen: set[Tokens] = set()
        splits, cleaning, truth = {}, {}, []
        for split, (size, references) in sizes.items():
            rng = random.Random(f"{o.seed} {split}")
            drawn = [self.meaning(rng) for _ in range(size)]
            kept = [meaning for meaning in drawn if self.source(meaning) not in seen]
            seen.update(self.source(meaning) for meaning in kept)
            splits[split] = [self._pair(meaning, references, rng) for meaning in kept]
            dropped = {"source of an evaluation split": size - len(kept)}
            cleaning[split] = {"read": size, "kept": len(kept), "dropped": dropped}
            if split == "test":
                truth = [self._truth(meaning) for meaning in kept]
        return Prepared(splits, cleaning, truth)

    def _pair(self, meaning: Meaning, references: int, rng: random.Random) -> dict[str, Any]:
        targets = [" ".join(self.sample(meaning, rng)) for _ in range(references)]
        return {"source": " ".join(self.source(meaning)), "targets": targets}

    def _truth(self, meaning: Meaning) -> dict[str, Any]:
        p = self.distribution(meaning)
        return {"outputs": [" ".join(tokens) for tokens in p], "log_p": [_log(q) for q in p.values()]}

    def _realisations(self, meaning: Meaning) -> list[list[Slot]]:
        """The sentence in each style, if there are not too many ways to fill the slots."""
        sentences = [self._into.slots(meaning, style) for style in self._styles]
        size = sum(math.prod(map(len, slots)) for slots in sentences)
        if size > self.options.largest_support:
            raise UserError(
                f"grammar: a meaning has {size} realisations, and largest_support is "
                f"{self.options.largest_support}: raise it, lower main_clauses, or set synonym: 1 and "
                "garden_path: false"
            )
        return sentences


def _log(p: float) -> float:
    """log p to 9 places: products of equal factors may differ in the last bit, but must compare as equal."""
    return round(math.log(p), 9)
