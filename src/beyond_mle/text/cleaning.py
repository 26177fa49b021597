"""Cleaning pairs of texts: all text is normalised, long sources may be cut, harmful training pairs are dropped."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from beyond_mle.options import Options

# C0 and C1 controls that are not white space, and the byte-order mark.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")


class CleaningOptions(Options):
    """Where sources are cut, and which training pairs are dropped (dev and test pairs never are).

    Words are what spaces separate.
    """

    max_source_words: int = Field(default=0, ge=0)
    """Cut every source, also of dev and test, after so many words, before anything else; 0: no limit.
    For documents that are longer than a model's positions; 400 is usual for CNN/DailyMail (See et al. 2017)."""
    max_words: int = Field(default=250, ge=0)
    """Drop a pair with more words than this on either side; 0: no limit."""
    max_ratio: float = Field(default=9.0, ge=0)
    """Drop a pair with more than this many times as many words on one side as on the other; 0: no limit."""
    drop_duplicates: bool = True
    """Drop a pair that repeats an earlier one."""


def normalise(text: str) -> str:
    """Unicode NFC, control characters removed, any run of white space one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", text)).split())


def normalise_source(text: str, options: CleaningOptions) -> str:
    """Normalise a source and cut it to `max_source_words`."""
    normal = normalise(text)
    return " ".join(normal.split()[: options.max_source_words]) if options.max_source_words else normal


def clean(pairs: Iterable[tuple[str, str]], options: CleaningOptions) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Normalise training pairs (source, target) and drop the faulty ones.

    Returns:
        The pairs kept, in order, and how many were dropped for each reason.
    """
    kept: list[tuple[str, str]] = []
    dropped: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for source, target in pairs:
        pair = normalise_source(source, options), normalise(target)
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
