"""Garden paths: sources of which greedy search misses the likeliest output, although it knows p."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

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
    """The likeliest ways on, the word included, as far as the best of them differs from the other branch's best; with
    their probabilities after what comes before it."""
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
    """Where greedy search goes wrong; none where it finds the likeliest output, or one that is as likely.

    Args:
        p: of every possible output, words between spaces, the likeliest first.
    """
    split = {(*text.split(), _END): probability for text, probability in p.items()}
    mode, greedy = next(iter(split)), _greedy(split)
    if split[greedy] == split[mode]:
        return None
    place = _common(greedy, mode)
    reachable = {words[place:]: q for words, q in split.items() if words[:place] == mode[:place]}
    first, second = ([words for words in reachable if words[0] == one[place]] for one in (greedy, mode))
    same = _common(first[0][::-1], second[0][::-1])
    of_greedy, of_mode = (_branch(reachable, ways, max(1, len(ways[0]) - same)) for ways in (first, second))
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


def _common(one: Words, other: Words) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _branch(reachable: Mapping[Words, float], ways: list[Words], length: int) -> Branch:
    """These ways on, of all that can be reached, told apart by their first words."""
    total = sum(reachable.values())
    endings: dict[str, float] = defaultdict(float)
    for words in ways:
        endings[" ".join(words[:length]).strip()] += reachable[words] / total
    ranked = sorted(endings.items(), key=lambda ending: -ending[1])
    return Branch(ways[0][0], sum(endings.values()), ranked[:_SHOWN], max(0, len(ranked) - _SHOWN))
