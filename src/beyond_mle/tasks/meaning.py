"""What the embedded languages can say: meanings, and how they are drawn."""

import random
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from beyond_mle.options import Options


class MeaningOptions(Options):
    """What a meaning contains, and so how long its sentences are."""

    adjective: float = Field(default=0.35, ge=0, le=1)
    """Probability that a subject or object has an adjective."""
    place: float = Field(default=0.4, ge=0, le=1)
    """Probability that a main clause says where."""
    time: float = Field(default=0.6, ge=0, le=1)
    """Probability that a main clause says when."""
    clause: float = Field(default=0.3, ge=0, le=1)
    """Probability that a main clause says why, in a subordinate clause."""
    clause_adjective: float = Field(default=0.2, ge=0, le=1)
    """Probability that the subject of the subordinate clause has an adjective."""
    main_clauses: int = Field(default=1, ge=1)
    """How many main clauses are joined by 'and': the way to long sentences, at about 10 tokens a clause."""


@dataclass(frozen=True)
class NounPhrase:
    """Such as `the old dog`."""

    determiner: str
    adjective: str | None
    noun: str

    def __str__(self) -> str:
        return " ".join(word for word in (self.determiner, self.adjective, self.noun) if word)


@dataclass(frozen=True)
class Clause:
    """Who does what to whom; and perhaps where, when and why."""

    subject: NounPhrase
    verb: str
    object: NounPhrase
    place: tuple[str, NounPhrase] | None
    """A preposition and what it governs."""
    time: str | None
    reason: tuple[NounPhrase, str] | None
    """A subject and an intransitive verb: `because the dog sleeps`."""


Meaning = tuple[Clause, ...]
"""One main clause, or several joined by 'and'."""


def gloss(clause: Clause) -> dict[str, str]:
    """What a clause says, part by part, in the English names of the concepts."""
    place = " ".join(map(str, clause.place)) if clause.place else None
    reason = " ".join(map(str, clause.reason)) if clause.reason else None
    parts = {"subject": clause.subject, "verb": clause.verb, "object": clause.object}
    parts |= {"place": place, "time": clause.time, "reason": reason}
    return {name: str(part) for name, part in parts.items() if part is not None}


def draw_meaning(options: MeaningOptions, rng: random.Random) -> Meaning:
    """Draw a meaning: every concept of a kind is equally likely."""
    return tuple(_draw_clause(options, rng) for _ in range(options.main_clauses))


@cache
def concepts() -> dict[str, list[str]]:
    """All concepts, by kind (languages/concepts.yaml)."""
    path = resources.files(__package__) / "languages" / "concepts.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _draw_clause(options: MeaningOptions, rng: random.Random) -> Clause:
    known = concepts()
    subject = _draw_noun_phrase(known["animate"], options.adjective, rng)
    verb = rng.choice(known["verbs"])
    thing = _draw_noun_phrase(known["animate"] + known["things"], options.adjective, rng)
    place = time = reason = None
    if rng.random() < options.place:
        place = (rng.choice(known["prepositions"]), _draw_noun_phrase(known["places"], 0, rng))
    if rng.random() < options.time:
        time = rng.choice(known["times"])
    if rng.random() < options.clause:
        because_of = _draw_noun_phrase(known["animate"], options.clause_adjective, rng)
        reason = (because_of, rng.choice(known["intransitives"]))
    return Clause(subject, verb, thing, place, time, reason)


def _draw_noun_phrase(nouns: list[str], adjective: float, rng: random.Random) -> NounPhrase:
    known = concepts()
    return NounPhrase(
        rng.choice(known["determiners"]),
        rng.choice(known["adjectives"]) if rng.random() < adjective else None,
        rng.choice(nouns),
    )
