"""What the registered classes of each noun have: how the workflow sees a task, a model, a solver, …

Beyond that they have what `capabilities` lists, which differs from kind to kind. Any class with these members will do;
the base classes of the packages (`TextTask`, `Likelihood`, `TextDecoder`, …) are a convenience.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch

from beyond_mle.capabilities import Need
from beyond_mle.card import Card
from beyond_mle.metric import Metric
from beyond_mle.options import Options as BaseOptions
from beyond_mle.types import Loss, Spec


class Task(Protocol):
    """What is learnt. It is built as `cls(options)`.

    Pages introduce it by the docstring of its class, in Markdown, and a task of text by an example, which it may take
    apart (`tasks.illustration.Illustrated`).
    """

    Options: ClassVar[type[BaseOptions]]
    spec: ClassVar[type[Spec]]
    """The kind of its data."""
    Data: ClassVar[type]
    """What `open` returns."""

    def __init__(self, options: Any):
        """Take the options."""

    def source_files(self) -> list[str]:
        """The names of all files that it reads."""

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
        """Write the folder.

        Args:
            paths: where each of `source_files()` is found.
            folder: where to write.

        Returns:
            Of each split `{"read": n, "kept": n, "dropped": {reason: n}}`.
        """

    def open(self, folder: Path) -> Any:
        """The data, which have a `spec` and what else they can do."""


class Model(Protocol):
    """What learns it, an nn.Module. It is built as `cls(options, spec)`."""

    Options: ClassVar[type[BaseOptions]]
    accepts: ClassVar[type[Spec]]
    """The kind of data that it is for."""

    def __init__(self, options: Any, spec: Any):
        """Draw fresh weights from torch's global generator."""


class Objective(Protocol):
    """Turns a model and a batch into a loss for each player. It is built as `cls(options, spec)`.

    Most have one player, `model`. One that brings a second player, such as a discriminator, is an nn.Module and holds
    it as an attribute of the player's name; the run keeps its weights beside the model's.
    """

    Options: ClassVar[type[BaseOptions]]
    card: ClassVar[Card]
    """What the report says of it."""
    needs: ClassVar[tuple[Need, ...]]
    """What the model and the data must be able to do: protocols of `capabilities`."""

    def __init__(self, options: Any, spec: Any):
        """Take the options, and build further players for this kind of data (for this model: `OfModel`)."""

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The loss of each player that is to make a step on this batch.

        Args:
            model: what is trained.
            batch: what it is trained on.
            step: how many optimiser steps have been made, for schedules.
        """


class Solver(Protocol):
    """Brings a model to where an objective is least. It is built as `cls(options)`."""

    Options: ClassVar[type[BaseOptions]]
    exact: ClassVar[bool]
    """Whether what it finds depends on no seed."""
    needs: ClassVar[tuple[Need, ...]]
    """What model, data and objective must be able to do."""

    def __init__(self, options: Any):
        """Take the options."""

    def fit(self, problem: Any) -> Any:
        """From a `solvers.solver.Problem` to a `solvers.solver.Fitted`."""


class Decoder(Protocol):
    """Makes a model's outputs. It is built as `cls(options)`."""

    Options: ClassVar[type[BaseOptions]]
    accepts: ClassVar[type[Spec]]
    """The kind of data that it is for."""
    needs: ClassVar[tuple[Need, ...]]
    """What the model, or the objective, must be able to do."""

    def __init__(self, options: Any):
        """Take the options."""

    def outputs(
        self,
        model: Any,
        data: Any,
        split: str,
        batch_size: int,
        generator: torch.Generator | None = None,
        limit: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> list[list[Any]]:
        """Of each source of a split its outputs, equally many.

        Args:
            model: in evaluation mode.
            data: what it is a model of.
            split: whose sources.
            batch_size: sources that are decoded together.
            generator: of decoders that draw.
            limit: only the first so many sources.
            progress: told the number of sources of each finished batch.
        """


class Yardstick(Protocol):
    """Measures a fitted model on a task. It is built as `cls(options)`."""

    Options: ClassVar[type[BaseOptions]]
    accepts: ClassVar[type[Spec]]
    """The kind of data that it is for."""
    needs: ClassVar[tuple[Need, ...]]
    """What data, model or objective must be able to do; where they cannot, it is skipped."""
    concerns: ClassVar[tuple[Need, ...]]
    """Those of its needs without which it is not even told as skipped."""
    metrics: ClassVar[tuple[Metric, ...]]
    """All that it may measure."""

    def __init__(self, options: Any):
        """Take the options."""

    def measure(self, subject: Any) -> Iterable[Any]:
        """From a `yardsticks.yardstick.Subject` to `yardsticks.yardstick.Score`s."""
