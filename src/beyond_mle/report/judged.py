"""An output as p judges it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from beyond_mle.yardsticks import validity

Verdict = Literal["mode", "valid", "invalid", "unknown"]


@dataclass(frozen=True)
class Judged:
    """An output, and what is known of it."""

    text: str
    verdict: Verdict
    p: float | None = None
    """p(y|x) of an output that can occur."""
    possible: int = 0
    """Of an output that cannot occur: with how many of its words some possible output begins."""


def judge(output: str, truth: Mapping[str, Any] | None) -> Judged:
    """Hold an output against p, if it is known.

    Args:
        output: of a model.
        truth: `{"outputs": [str, …], "log_p": [float, …]}`, the likeliest output first; or none.
    """
    if truth is None:
        return Judged(output, "unknown")
    figures = validity.judge([truth], [[output]])
    if not figures["validity"][0]:
        return Judged(output, "invalid", possible=_possible(output, truth["outputs"]))
    p = math.exp(figures["log-p"][0])
    return Judged(output, "mode" if figures["mode-hit"][0] else "valid", p)


def _possible(output: str, support: list[str]) -> int:
    """With how many words of an output some possible output begins."""
    words, possible = output.split(), [text.split() for text in support]
    return max(length for length in range(len(words) + 1) if any(one[:length] == words[:length] for one in possible))
