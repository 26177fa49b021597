"""A language of the embedded grammar: how it puts a meaning into words.

The words and styles of a language are data (languages/*.yaml). A style orders the constituents and picks a
register. A sentence in one style is a list of slots; each slot is filled, independently of the others, by
one of several alternatives, which makes sampling, enumeration and exact probabilities simple.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

import yaml

from beyond_mle.tasks.meaning import Clause, Meaning, NounPhrase

Tokens = tuple[str, ...]
Slot = list[tuple[Tokens, float]]
"""The alternatives that can fill a place in a sentence, with their probabilities; the preferred one first."""


@dataclass(frozen=True)
class Style:
    """A word order and the register of its words. A part is (word, "") or (constituent, case)."""

    register: int
    order: list[tuple[str, str]]
    needs: str | None
    otherwise: list[tuple[str, str]]

    def order_of(self, clause: Clause) -> list[tuple[str, str]]:
        """The order of a clause, which may lack what the style needs."""
        lacking = self.needs is not None and getattr(clause, self.needs) is None
        return self.otherwise if lacking else self.order


class Language:
    """A language, with the odds of its synonyms."""

    def __init__(self, name: str, synonym: float, garden_path: bool):
        """Read the words of a language.

        Args:
            name: `english` or `german`.
            synonym: probability of the first synonym; the other one has the rest.
            garden_path: whether the nouns that the file lists as such get their garden-path synonyms.
        """
        path = resources.files(__package__) / "languages" / f"{name}.yaml"
        self._words = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._endings = self._words.get("adjective_endings")
        self._synonym = synonym
        self._nouns = {noun: _choice(words, synonym) for noun, words in self._words["nouns"].items()}
        if garden_path:
            for noun, path in self._words["garden_path"].items():
                self._nouns[noun] = _choice(path["synonyms"], path["first"])
        self.styles = [_style(entry) for entry in self._words["styles"]]
        self.noun_phrase = cache(self._noun_phrase)

    def slots(self, meaning: Meaning, style: Style) -> list[Slot]:
        """The meaning as a sentence in one style (all its clauses share the style)."""
        slots: list[Slot] = []
        for number, clause in enumerate(meaning):
            if number > 0:
                slots.append(_fixed(self._words["and"]))
            for part, case in style.order_of(clause):
                slots += self._constituent(clause, part, case, style.register)
        return slots

    def canonical(self, meaning: Meaning, style: int = 0) -> Tokens:
        """The meaning in one style (by default the first), with the preferred synonyms throughout."""
        return tuple(token for slot in self.slots(meaning, self.styles[style]) for token in slot[0][0])

    def describe(self, clause: Clause, style: Style) -> str:
        """A style in a few words: its register, and the order in which it puts the parts that a clause has."""
        parts = [part for part, case in style.order_of(clause) if self._constituent(clause, part, case, style.register)]
        return f"register {style.register + 1}: {' '.join(parts)}"

    def _constituent(self, clause: Clause, part: str, case: str, register: int) -> list[Slot]:
        """The slots of one part of a style's order; none for a constituent that the clause lacks."""
        words = self._words
        match part:
            case "subject" | "object":
                return [self.noun_phrase(getattr(clause, part), case)]
            case "finite" | "participle":
                forms = words["verbs"][clause.verb][register].split()
                return [_fixed(forms[part == "participle"])]
            case "time":
                return [_fixed(words["times"][clause.time][register])] if clause.time else []
            case "place":
                if clause.place is None:
                    return []
                preposition, place = clause.place
                synonyms = _choice(words["prepositions"][preposition], self._synonym)
                return [[((word,), p) for word, p in synonyms], self.noun_phrase(place, case)]
            case "reason":
                if clause.reason is None:
                    return []
                subject, verb = clause.reason
                because, verbs = words["because"][register], words["intransitives"][verb]
                return [_fixed(because), self.noun_phrase(subject, case), _fixed(verbs[register])]
            case literal:
                return [_fixed(literal)]

    def _noun_phrase(self, phrase: NounPhrase, case: str) -> Slot:
        """The alternatives of a noun phrase.

        The determiner agrees with the class of the noun (German gender), or, where adjectives have a class of
        their own (the English initial sound), with that of the adjective before the noun.
        """
        determiners = self._words["determiners"][phrase.determiner][case]
        alternatives: Slot = []
        for entry, p_noun in self._nouns[phrase.noun]:
            noun, noun_class = entry.split()
            if phrase.adjective is None:
                alternatives.append(((determiners[noun_class], noun), p_noun))
                continue
            for adjective, p_adjective in _choice(self._words["adjectives"][phrase.adjective], self._synonym):
                if self._endings:
                    adjective, agreement = adjective + self._endings[case][noun_class], noun_class
                else:
                    adjective, agreement = adjective.split()
                alternatives.append(((determiners[agreement], adjective, noun), p_noun * p_adjective))
        return alternatives


def _choice(words: Sequence[str], first: float) -> list[tuple[str, float]]:
    """The words with their probabilities: `first` for the first one, the rest shared equally."""
    if len(words) == 1 or first == 1:
        return [(words[0], 1.0)]
    return [(words[0], first), *((word, (1 - first) / (len(words) - 1)) for word in words[1:])]


def _fixed(words: str) -> Slot:
    """A slot that can be filled in one way only."""
    return [(tuple(words.split()), 1.0)]


def _style(entry: dict[str, Any]) -> Style:
    """A style from its entry in the data file."""
    order = _parts(entry["order"])
    return Style(entry["register"], order, entry.get("needs"), _parts(entry.get("otherwise", "")))


def _parts(template: str) -> list[tuple[str, str]]:
    """The words and constituents of a template such as `{subject:nom} hat {participle}`."""
    parts: list[tuple[str, str]] = []
    for words, constituent, case, _ in Formatter().parse(template):
        parts += [(word, "") for word in words.split()]
        if constituent:
            parts.append((constituent, case or ""))
    return parts
