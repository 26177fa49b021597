"""What the embedded tasks share: a meaning is drawn, a source states it, and the target's p(y|x) is known exactly.

A target is drawn in three independent steps: what it says (for a translation the whole meaning, for a summary a part
of it), the style in which it says it, and the words that fill the slots of the sentence. The source determines all of
their odds. So p(y|x) is a mixture that can be sampled, enumerated and evaluated exactly.
"""

import math
import random
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import Field

from beyond_mle.errors import UserError
from beyond_mle.options import Options
from beyond_mle.tasks.embedded_data import EmbeddedData
from beyond_mle.tasks.illustration import Illustration, Wording
from beyond_mle.tasks.language import Language, Slot, Style, Tokens
from beyond_mle.tasks.meaning import Meaning, gloss
from beyond_mle.tasks.prepared import Prepared
from beyond_mle.tasks.text_task import TextTask
from beyond_mle.text.scoring import Scoring
from beyond_mle.text.vocabulary import VocabularyOptions


class EmbeddedOptions(Options):
    """How many-sided p(y|x) is, and how many pairs are drawn."""

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


class Embedded(TextTask):
    """A task in embedded languages. Distinct meanings have distinct sources."""

    Data = EmbeddedData
    scoring = Scoring(tokenise="none")
    """Tokens stand between spaces, and there is no real language to tokenise."""

    def __init__(self, options: EmbeddedOptions, target_language: str):
        """Set up the target's side.

        Args:
            options: of the task.
            target_language: `english` or `german`.
        """
        self.options = options
        self._target_language = target_language

    # Languages are read when p is asked for, which most stages never do.
    @cached_property
    def _into(self) -> Language:
        return Language(self._target_language, self.options.synonym, self.options.garden_path)

    @cached_property
    def _styles(self) -> list[Style]:
        return self._into.styles[: self.options.styles]

    @cached_property
    def _style_p(self) -> list[float]:
        weights = [1 / rank**self.options.zipf for rank in range(1, len(self._styles) + 1)]
        return [weight / sum(weights) for weight in weights]

    @abstractmethod
    def meaning(self, rng: random.Random) -> Meaning:
        """Draw a meaning."""

    @abstractmethod
    def source(self, meaning: Meaning) -> Tokens:
        """The text that stands for a meaning."""

    def contents(self, meaning: Meaning) -> list[tuple[Meaning, float]]:
        """What a target may say, with probabilities (above 0): all of the meaning, unless a task says less."""
        return [(meaning, 1.0)]

    def source_files(self) -> list[str]:
        """No files: the data are generated."""
        return []

    def sample(self, meaning: Meaning, rng: random.Random) -> Tokens:
        """Draw y ~ p(y|x)."""
        (style,) = rng.choices(self._styles, self._style_p)
        tokens: list[str] = []
        for slot in self._into.slots(_draw(self.contents(meaning), rng), style):
            tokens += _draw(slot, rng)
        return tuple(tokens)

    def distribution(self, meaning: Meaning) -> dict[Tokens, float]:
        """p(y|x) of every y in its support, the likeliest first (ties: by string).

        Raises:
            UserError: if the support is larger than the option `largest_support`.
        """
        p: dict[Tokens, float] = defaultdict(float)
        sentences = list(self._sentences(meaning))
        self._check_size(sum(math.prod(map(len, slots)) for slots, _ in sentences))
        for slots, p_sentence in sentences:
            for combination in product(*slots):
                tokens = tuple(token for alternative, _ in combination for token in alternative)
                p[tokens] += p_sentence * math.prod(q for _, q in combination)
        ranked = sorted(p, key=lambda tokens: (-_log(p[tokens]), " ".join(tokens)))
        return {tokens: p[tokens] for tokens in ranked}

    def log_prob(self, meaning: Meaning, output: Tokens) -> float:
        """log p(y|x) in nats, −inf off the support; without enumerating the support."""
        total = 0.0
        for slots, p_sentence in self._sentences(meaning):
            reached = {0: p_sentence}  # the probability of the output's first n tokens, by n
            for slot in slots:
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

    def open(self, folder: Path) -> EmbeddedData:
        """What `prepare` wrote, with p."""
        return EmbeddedData(folder, self.scoring, self.distributions)

    def texts(self, paths: Mapping[str, Path]) -> Prepared:
        """Draw the splits, and enumerate p(y|x) for the test split.

        Args:
            paths: not used, as the task has no source files.
        """
        seen: set[Tokens] = set()
        splits, cleaning, truth = {}, {}, []
        for split, size in self._sizes.items():
            references = 1 if split == "train" else self.options.references
            rng, drawn = self._drawn(split)
            sources = [self.source(meaning) for meaning in drawn]
            kept = [(meaning, source) for meaning, source in zip(drawn, sources, strict=True) if source not in seen]
            seen.update(source for _, source in kept)
            splits[split] = [self._pair(meaning, source, references, rng) for meaning, source in kept]
            dropped = {"source of an evaluation split": size - len(kept)}
            cleaning[split] = {"read": size, "kept": len(kept), "dropped": dropped}
            if split == "test":
                truth = [self._truth(meaning) for meaning, _ in kept]
        return Prepared(splits, cleaning, truth)

    def distributions(self, split: str) -> Callable[[str], dict[str, float]]:
        """A function from the text of a source of this split to p(·|x)."""
        meanings = self._meanings(split)

        def distribution(source: str) -> dict[str, float]:
            return {" ".join(tokens): p for tokens, p in self.distribution(meanings[source]).items()}

        return distribution

    def illustrate(self, source: str) -> Illustration:
        """What the likeliest outputs of a test source say, and how each style says it with its preferred words."""
        content, _ = max(self.contents(self._meanings("test")[source]), key=lambda alternative: alternative[1])
        wordings: dict[str, Wording] = {}
        for number, (style, p) in enumerate(zip(self._styles, self._style_p, strict=True)):
            text = " ".join(self._into.canonical(content, number))
            same = wordings.get(text)  # styles can differ in a part alone that the content lacks
            order = same.style if same else self._into.describe(content[0], style)
            wordings[text] = Wording(p + (same.odds if same else 0), order, text)
        return Illustration([gloss(clause) for clause in content], list(wordings.values()))

    def _meanings(self, split: str) -> dict[str, Meaning]:
        """The meanings of a split by the texts of their sources."""
        return {" ".join(self.source(meaning)): meaning for meaning in self._drawn(split)[1]}

    @property
    def _sizes(self) -> dict[str, int]:
        """How many meanings each split draws; the training split leaves out what the others have."""
        return {"test": self.options.test, "dev": self.options.dev, "train": self.options.train}

    def _drawn(self, split: str) -> tuple[random.Random, list[Meaning]]:
        """The meanings drawn for a split, and the generator that draws their targets next."""
        rng = random.Random(f"{self.options.seed} {split}")
        return rng, [self.meaning(rng) for _ in range(self._sizes[split])]

    def _pair(self, meaning: Meaning, source: Tokens, references: int, rng: random.Random) -> dict[str, Any]:
        targets = [" ".join(self.sample(meaning, rng)) for _ in range(references)]
        return {"source": " ".join(source), "targets": targets}

    def _truth(self, meaning: Meaning) -> dict[str, Any]:
        p = self.distribution(meaning)
        return {"outputs": [" ".join(tokens) for tokens in p], "log_p": [_log(q) for q in p.values()]}

    def _sentences(self, meaning: Meaning) -> Iterator[tuple[list[Slot], float]]:
        """Each style of each content, as slots, with its probability."""
        contents = self.contents(meaning)
        for style, style_p in zip(self._styles, self._style_p, strict=True):
            for content, content_p in contents:
                yield self._into.slots(content, style), style_p * content_p

    def _check_size(self, size: int) -> None:
        if size > self.options.largest_support:
            raise UserError(
                f"a meaning has {size} realisations, and largest_support is {self.options.largest_support}: raise it, "
                "let sentences say less (their options), or set synonym: 1 and garden_path: false"
            )


def _draw(alternatives: list[tuple[Any, float]], rng: random.Random) -> Any:
    """One of the alternatives by their probabilities; a single one costs no random number."""
    values, p = zip(*alternatives, strict=True)
    return values[0] if len(values) == 1 else rng.choices(values, p)[0]


def _log(p: float) -> float:
    """log p to 9 places: products of equal factors may differ in the last bit, but must compare as equal."""
    return round(math.log(p), 9)
