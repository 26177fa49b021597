"""What every yardstick is given, what it gives, and what its figures are called."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from beyond_mle.capabilities import Need
from beyond_mle.metric import Metric
from beyond_mle.options import Options as BaseOptions
from beyond_mle.study import Evaluation
from beyond_mle.types import Certainty, Spec

NO_DECODER = "none"
"""The decoder of figures that need no outputs, such as `nll`."""
Outputs = list[list[str]]
"""Of each source its outputs, equally many."""


@dataclass(frozen=True)
class Score:
    """One measured figure."""

    metric: str
    value: float
    decoder: str = NO_DECODER
    items_IF: np.ndarray | None = None
    """Of each test item what the figure is made of, one number or several that add up; for intervals."""
    certainty: Certainty = "exact"
    signature: str = ""
    """How it was computed, where a library says so."""


@dataclass(frozen=True)
class Subject:
    """A fitted model on a task, with its outputs."""

    data: Any
    model: Any
    objective: Any
    """What it was fitted by."""
    evaluation: Evaluation
    split: str = "test"
    limit: int | None = None
    """Only the first so many items of the split."""
    outputs: Mapping[str, Outputs] = field(default_factory=dict)
    """By the decoder's label."""
    control_outputs: Mapping[str, Outputs] = field(default_factory=dict)
    """Those of the run that it is compared with, by the same decoders."""
    seed: int = 0
    """Of what a yardstick draws."""


class Yardstick(ABC):
    """Measures a fitted model on a task."""

    Options: type[BaseOptions] = BaseOptions
    accepts: ClassVar[type[Spec]] = Spec
    """The kind of data that it is for; by default any that has what it needs."""
    needs: ClassVar[tuple[Need, ...]] = ()
    """What data, model or objective must be able to do; where they cannot, it is skipped."""
    concerns: ClassVar[tuple[Need, ...]] = ()
    """Those of its needs without which a run is of another kind: there it is no more told as skipped than on data of
    another kind."""
    metrics: ClassVar[tuple[Metric, ...]]
    """All that it may measure."""

    def __init__(self, options: Any):
        self.options = options

    @abstractmethod
    def measure(self, subject: Subject) -> Iterable[Score]:
        """The figures that there are.

        Raises:
            UserError: where nothing can be measured after all; the run's scores then say why.
        """
