"""What a yardstick says of the numbers that it gives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A measured quantity, and how to read and print it."""

    name: str
    unit: str = ""
    """Such as `nats` or `%`; empty where there is none."""
    better: Literal["higher", "lower"] | None = None
    """Which values are better; None where neither side is, as of an entropy."""
    decimals: int = 3
    """How many are printed."""
