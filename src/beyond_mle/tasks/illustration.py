"""What a task can say of one of its sources, for people who see its world for the first time."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Wording:
    """One way to say what a source says."""

    odds: float
    """The probability that an output is worded in this way."""
    style: str
    """What makes it a way of its own, in a few words."""
    text: str


@dataclass(frozen=True)
class Illustration:
    """A source taken apart."""

    meaning: list[dict[str, str]]
    """What its likeliest outputs say, in plain words: of each clause, its parts by name."""
    wordings: list[Wording]
    """The ways to say it."""


class Illustrated(Protocol):
    """Illustrations: a task that can take its test sources apart."""

    def illustrate(self, source: str) -> Illustration:
        """Take the text of a test source apart."""
