"""What every solver is given and what it returns."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import nn

from beyond_mle.capabilities import Need
from beyond_mle.kinds import Objective
from beyond_mle.options import Options
from beyond_mle.solvers.checkpoint import Weights


class SolverOptions(Options):
    """Where a fit is computed."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a free GPU where there is one."""
    threads: int = Field(default=1, gt=0)
    """CPU threads; small models are fastest with one, and then as many jobs as cores run side by side."""
    validation: str | None = None
    """The metric that tells which weights are good; none: no validation."""
    dev_items: int = Field(default=500, gt=0)
    """How many items of the dev split a validation uses."""

    @property
    def selects(self) -> bool:
        """Whether validation decides which weights the run ends with."""
        return False


class AlongOptions(SolverOptions):
    """Fits along a hyper-parameter of the objective: a member of the run for each of its values."""

    along: str | None = None
    """An option of the objective, such as `order` or `pi`; none: the objective as it is."""
    values: list[float] = Field(default=[])
    """The values of that option, in the order of the fits."""

    @model_validator(mode="after")
    def _both_or_none(self) -> "AlongOptions":
        if (self.along is None) != (not self.values):
            raise ValueError("`along` names an option of the objective and `values` its values: give both or none")
        return self


@dataclass(frozen=True)
class Problem:
    """A fit to be made."""

    model: nn.Module
    """On its device, with the weights to start from."""
    objective: Objective
    data: Any
    seed: int
    device: torch.device
    folder: Path
    """Where training.jsonl and a resumable state are written."""
    key: str
    """Names configuration and code: a state with another key is not resumed."""
    validate: Callable[[nn.Module], float] | None = None
    """Of the model in evaluation mode; higher is better."""
    vary: Callable[..., Objective] | None = None
    """The same objective with some options changed."""


@dataclass(frozen=True)
class Member:
    """One fitted model of a run; most runs have one, without labels."""

    weights: Weights
    """Of the model; where the objective brings players that were trained with it, theirs too."""
    labels: dict[str, Any] = field(default_factory=dict)
    """What tells it from the run's other members, such as the hyper-parameter along which they lie."""


@dataclass(frozen=True)
class Fitted:
    """What a fit led to."""

    members: list[Member]
    summary: dict[str, Any]
    """For training.json: `steps`, and what else the solver has to say."""


class Solver(ABC):
    """Brings a model to where an objective is least."""

    Options: type[SolverOptions] = SolverOptions
    exact: ClassVar[bool] = False
    """Whether what it finds depends on no seed."""
    needs: ClassVar[tuple[Need, ...]] = ()
    """What model, data and objective must be able to do."""

    def __init__(self, options: Any):
        self.options = options

    @abstractmethod
    def fit(self, problem: Problem) -> Fitted:
        """Fit the model; its parameters are left wherever the search ended."""
