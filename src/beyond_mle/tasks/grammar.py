"""Translation between two embedded languages, with exactly known p(y|x).

The source is the canonical sentence of a random meaning in one language. The target is a draw from a mixture,
over styles and synonyms, of sentences with the same meaning in the other language.
"""

import random
from functools import cached_property
from typing import Literal

from beyond_mle.registry import TASKS
from beyond_mle.tasks.embedded import Embedded, EmbeddedOptions
from beyond_mle.tasks.language import Language, Tokens
from beyond_mle.tasks.meaning import Meaning, MeaningOptions, draw_meaning


@TASKS.register("grammar")
class Grammar(Embedded):
    """Translation between two invented languages: `a` has English words, `b` German ones; `ab` is a to b, `ba` b to a.

    A source states a meaning in the plainest words of its language. A target says the same in one of several *styles*,
    each a word order with words of one register, and chooses among synonyms word by word. All the odds are known, and
    so is p(y|x) of every possible target: what a model says can be judged without a reference.
    """

    class Options(EmbeddedOptions, MeaningOptions):
        """Which way; what the meanings contain; how many-sided p(y|x) is, how many pairs are drawn."""

        direction: Literal["ab", "ba"] = "ab"
        """a is English, b is German: ab translates English into German."""

    def __init__(self, options: Options):
        self._source_language, target = ("english", "german") if options.direction == "ab" else ("german", "english")
        super().__init__(options, target)

    @cached_property
    def _from(self) -> Language:
        return Language(self._source_language, self.options.synonym, self.options.garden_path)

    def meaning(self, rng: random.Random) -> Meaning:
        """Draw a meaning."""
        return draw_meaning(self.options, rng)

    def source(self, meaning: Meaning) -> Tokens:
        """The sentence that stands for a meaning in the source language."""
        return self._from.canonical(meaning)
