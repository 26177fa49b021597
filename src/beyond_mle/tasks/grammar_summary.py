"""Summarization in an embedded language, with exactly known p(y|x).

The source is a document of a few English sentences. One of them, anywhere, is the news: the only one that says when
something happened. It stands in the perfect, after its time; the others, in the present, are background:

    the doctor sells a table . today the old king has found my house near the garden . a cat sees the boat .

The target is a short sentence that tells the news in one of several styles and choices of synonyms. It drops each
adjective, the place and the time independently, with known probabilities:

    the king finds my house

A target depends on the news alone, which the document tells apart and states in full: so the document determines
p(y|x).
"""

import random
from dataclasses import replace
from itertools import product
from typing import TypeVar

from pydantic import Field

from beyond_mle.registry import TASKS
from beyond_mle.tasks.embedded import Embedded, EmbeddedOptions
from beyond_mle.tasks.language import Tokens
from beyond_mle.tasks.meaning import Clause, Meaning, MeaningOptions, NounPhrase, draw_meaning
from beyond_mle.text.scoring import Scoring

Detail = TypeVar("Detail")
_BACKGROUND, _NEWS = 0, 5
"""The English styles in which a document is written, by their place in languages/english.yaml."""


@TASKS.register("grammar-summary")
class GrammarSummary(Embedded):
    """Summaries of short documents in an invented language of English words.

    One sentence of the document, anywhere, is the news: the only one that says when something happened. A summary tells
    it in one of several *styles*, each a word order with words of one register; it drops each detail, and chooses among
    synonyms, with known odds. So p(y|x) of every possible summary is known.
    """

    # A meaning has one clause per sentence of the document.

    class Options(EmbeddedOptions):
        """What the documents contain, what their summaries keep; how many-sided p(y|x) is, how many pairs are drawn."""

        sentences: int = Field(default=3, ge=1)
        """Sentences of a document, at about 7 tokens each; the news is equally likely to be any of them."""
        adjective: float = Field(default=0.3, ge=0, le=1)
        """Probability that a subject or object of the document has an adjective."""
        place: float = Field(default=0.2, ge=0, le=1)
        """Probability that a sentence of the document says where."""
        keep_adjective: float = Field(default=0.2, ge=0, le=1)
        """Probability that a summary keeps an adjective of the news; each adjective by itself."""
        keep_place: float = Field(default=0.2, ge=0, le=1)
        """Probability that a summary keeps the place."""
        keep_time: float = Field(default=0.2, ge=0, le=1)
        """Probability that a summary keeps the time."""
        train: int = Field(default=20_000, ge=1)
        """Training pairs, with one target each."""
        dev: int = Field(default=300, ge=1)
        """Validation sources."""
        test: int = Field(default=200, ge=1)
        """Test sources."""
        references: int = Field(default=3, ge=1)
        """Targets drawn for each dev and test source."""

    scoring = Scoring(tokenise="none", rouge="tokens")

    def __init__(self, options: Options):
        super().__init__(options, "english")
        self._background = MeaningOptions(adjective=options.adjective, place=options.place, clause=0, time=0)
        self._news = self._background.model_copy(update={"time": 1.0})

    def meaning(self, rng: random.Random) -> Meaning:
        """Draw a document's meaning."""
        news = rng.randrange(self.options.sentences)
        kinds = [self._news if place == news else self._background for place in range(self.options.sentences)]
        return tuple(clause for kind in kinds for clause in draw_meaning(kind, rng))

    def source(self, meaning: Meaning) -> Tokens:
        """The document."""
        styles = [_NEWS if clause.time else _BACKGROUND for clause in meaning]
        sentences = [self._into.canonical((clause,), style) for clause, style in zip(meaning, styles, strict=True)]
        return tuple(token for sentence in sentences for token in (*sentence, "."))

    def contents(self, meaning: Meaning) -> list[tuple[Meaning, float]]:
        """The news with some of its details, and with which probability these are the ones that are kept."""
        o = self.options
        (news,) = (clause for clause in meaning if clause.time)
        details = product(
            _shortened(news.subject, o.keep_adjective),
            _shortened(news.object, o.keep_adjective),
            _kept_or_not(news.place, o.keep_place),
            _kept_or_not(news.time, o.keep_time),
        )
        return [
            ((Clause(subject, news.verb, thing, place, time, None),), p_subject * p_thing * p_place * p_time)
            for (subject, p_subject), (thing, p_thing), (place, p_place), (time, p_time) in details
        ]


def _shortened(phrase: NounPhrase, keep: float) -> list[tuple[NounPhrase, float]]:
    """A noun phrase with and without its adjective."""
    return [(replace(phrase, adjective=adjective), p) for adjective, p in _kept_or_not(phrase.adjective, keep)]


def _kept_or_not(detail: Detail | None, keep: float) -> list[tuple[Detail | None, float]]:
    """A detail and None with their probabilities, as far as these are above 0."""
    if detail is None:
        return [(None, 1.0)]
    return [(value, p) for value, p in ((detail, keep), (None, 1 - keep)) if p > 0]
