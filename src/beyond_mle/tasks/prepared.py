"""What preparing a task yields."""

from dataclasses import dataclass
from typing import Any

Counts = dict[str, dict[str, Any]]
"""Of each split: `{"read": n, "kept": n, "dropped": {reason: n}}`."""


@dataclass(frozen=True)
class Prepared:
    """The text of a task, before it is cut into tokens. No source occurs in two splits."""

    splits: dict[str, list[dict[str, Any]]]
    """Of train, dev and test: `{"source": str, "targets": [str, …]}`; in train one target each."""
    cleaning: Counts
    truth: list[dict[str, Any]] | None = None
    """Where p is known, the support of p(y|x) for each test pair, the likeliest output first (ties: by
    string): `{"outputs": [str, …], "log_p": [float, …]}`."""
