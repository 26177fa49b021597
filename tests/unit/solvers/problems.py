"""Problems for exact solvers: a model and an objective by their registered kinds, on data with a known p."""

from pathlib import Path
from typing import Any

import torch

from beyond_mle.registry import MODELS, OBJECTIVES
from beyond_mle.solvers.solver import Problem
from beyond_mle.tasks.plane import Plane
from beyond_mle.tasks.strings import FiniteLanguage


def plane(**options: Any) -> Any:
    """A density in the plane, as data; one Gaussian unless a mixture's seed is given."""
    return Plane(Plane.Options(**{"mixture_seed": None, **options})).open(Path())


def language(**options: Any) -> Any:
    """A finite language, as data."""
    return FiniteLanguage(FiniteLanguage.Options(**options)).open(Path())


def problem(data: Any, model: str, objective: str, folder: Path, sizes: dict | None = None, **options: Any) -> Problem:
    """What a solver is given."""
    torch.manual_seed(0)
    made, kind = MODELS[model], OBJECTIVES[objective]

    def vary(**changes: Any) -> Any:
        return kind(kind.Options(**{**options, **changes}), data.spec)

    return Problem(
        model=made(made.Options(**(sizes or {})), data.spec),
        objective=vary(),
        data=data,
        seed=1,
        device=torch.device("cpu"),
        folder=folder,
        key="k",
        vary=vary,
    )
