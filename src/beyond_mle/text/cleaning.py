"""Cleaning sentence pairs: all text is normalised, and training pairs that would harm are dropped."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from beyond_mle.options import Options

# C0 and C1 controls that are not white space, and the byte-order mark.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")


class CleaningOptions(Options):
    """Which training pairs are dropped (dev and test pairs never are). Words are what spaces separate."""

    max_words: int = Field(default=250, ge=0)
    """Drop a pair with more words than this on either side; 0: no limit."""
    max_ratio: float = Field(default=9.0, ge=0)
    """Drop a pair with more than this many times as many words on one side as on the other; 0: no limit."""
    drop_duplicates: bool = True
    """Drop a pair that repeats an earlier one."""


def normalise(text: str) -> str:
    """Unicode NFC, control characters removed, any run of white space one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", text)).split())


def clean(pairs: Iterable[tuple[str, str]], options: CleaningOptions) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Normalise training pairs (source, target) and drop the faulty ones.

    Returns:
        The pairs kept, in order, and how many were dropped for each reason.
    """
    kept: list[tuple[str, str]] = []
    dropped: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for source, target in pairs:
        pair = normalise(source), normalise(target)
        reason = _fault(*pair, options)
        if reason is None and options.drop_duplicates and pair in seen:
            reason = "duplicate"
        if reason is not None:
            dropped[reason] += 1
            continue
        seen.add(pair)
        kept.append(pair)
    return kept, dict(sorted(dropped.items()))


def _fault(source: str, target: str, options: CleaningOptions) -> str | None:
    """Why this pair alone should be dropped."""
    if not source:
        return "empty source"
    if not target:
        return "empty target"
    fewer, more = sorted((len(source.split()), len(target.split())))
    if options.max_words and more > options.max_words:
        return "too long"
    if options.max_ratio and more > options.max_ratio * fewer:
        return "length ratio"
    return None
