"""The test sources of a task of text that the report quotes, with what is known of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beyond_mle.capabilities import KnownOutputs, implements
from beyond_mle.report.garden_path import GardenPath, garden_path


@dataclass(frozen=True)
class Source:
    """A test source."""

    index: int
    """Its place in the test split, from 0."""
    text: str
    references: list[str]
    truth: Mapping[str, Any] | None
    """Where p is known, `{"outputs": [str, …], "log_p": [float, …]}`, the likeliest output first."""
    garden_path: GardenPath | None


def quoted(data: Any, first: int) -> list[Source]:
    """The first sources of the test split, and the first garden path if none of them is one.

    The rule looks at no model: what is quoted is not chosen by how well it shows anything.

    Args:
        data: of a task of text.
        first: how many sources.
    """
    known = data.truth() if implements(type(data), KnownOutputs) else None
    texts, references = data.sources("test"), data.references("test")
    chosen: list[Source] = []
    for index, text in enumerate(texts):
        truth = known[index] if known is not None else None
        path = garden_path(_p(truth)) if truth is not None else None
        if index < first or path is not None:
            chosen.append(Source(index, text, references[index], truth, path))
        if index + 1 >= first and (known is None or any(source.garden_path for source in chosen)):
            break
    return chosen


def _p(truth: Mapping[str, Any]) -> dict[str, float]:
    return dict(zip(truth["outputs"], map(math.exp, truth["log_p"]), strict=True))
