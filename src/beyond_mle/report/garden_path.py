"""Garden paths: sources of which greedy search misses the likeliest output, although it knows p."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

Words = tuple[str, ...]
_END = ""
"""Stands for the end of an output among its next words."""
_SHOWN = 3


@dataclass(frozen=True)
class Branch:
    """A next word, and what it leads to."""

    word: str
    p: float
    """The probability of the word after what comes before it."""
    endings: list[tuple[str, float]]
    """The likeliest ways on, the word included, with their probabilities after what comes before it."""
    others: int
    """How many ways on there are besides."""


@dataclass(frozen=True)
class GardenPath:
    """Where the likeliest next word leaves the likeliest output."""

    before: str
    """What both have in common."""
    greedy: Branch
    mode: Branch
    p_greedy: float
    """The probability of what greedy search ends with."""
    p_mode: float


def garden_path(p: Mapping[str, float]) -> GardenPath | None:
    """Where greedy search goes wrong; none where it finds the likeliest output.

    Args:
        p: of every possible output, words between spaces, the likeliest first.
    """
    split = {(*text.split(), _END): probability for text, probability in p.items()}
    mode, greedy = next(iter(split)), _greedy(split)
    if greedy == mode:
        return None
    place = next(place for place, (one, other) in enumerate(zip(greedy, mode, strict=False)) if one != other)
    reachable = _reachable(split, mode[:place])
    of_greedy, of_mode = (_branch(reachable, place, words[place]) for words in (greedy, mode))
    return GardenPath(" ".join(mode[:place]), of_greedy, of_mode, split[greedy], split[mode])


def _greedy(p: Mapping[Words, float]) -> Words:
    """The output that takes the likeliest next word each time."""
    prefix: Words = ()
    while prefix[-1:] != (_END,):
        following: dict[str, float] = defaultdict(float)
        for words, q in _reachable(p, prefix).items():
            following[words[len(prefix)]] += q
        prefix = (*prefix, max(following, key=lambda word: following[word]))
    return prefix


def _reachable(p: Mapping[Words, float], prefix: Words) -> dict[Words, float]:
    """The outputs that begin so."""
    return {words: q for words, q in p.items() if words[: len(prefix)] == prefix}


def _branch(reachable: Mapping[Words, float], place: int, word: str) -> Branch:
    """What the outputs that can be reached do if this word comes next."""
    total = sum(reachable.values())
    ways = {" ".join(words[place:]).strip(): q / total for words, q in reachable.items() if words[place] == word}
    return Branch(word, sum(ways.values()), list(ways.items())[:_SHOWN], max(0, len(ways) - _SHOWN))
