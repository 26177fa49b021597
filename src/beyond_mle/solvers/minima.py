"""All local minima of an exact loss of few parameters, and how they move with a hyper-parameter of the objective.

A minimum that was found at one value of the hyper-parameter is followed to the next ones.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, cast

import numpy as np
from pydantic import Field, model_validator

from beyond_mle.capabilities import Explicit, Initialisable, Whole
from beyond_mle.errors import UserError
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.solvers.exact_loss import ExactLoss
from beyond_mle.solvers.local_minima import Optimum, SearchOptions, local_minima
from beyond_mle.solvers.progress import write_records
from beyond_mle.solvers.solver import AlongOptions, Fitted, Member, Problem, Solver

LossAt = Callable[[float | None], ExactLoss]
"""The loss for a value of the hyper-parameter."""


class MinimaOptions(SearchOptions, AlongOptions):
    """Where to search, along what, and when two minima are the same."""

    anchors: list[float] = Field(default=[])
    """Those of the `values`, which ascend, at which minima are searched from all starts."""
    starts: Literal["data", "model"] = "data"
    """Where searches start: at the places that the model proposes for the data, or at the model's own parameters."""
    jump: float = Field(default=0.5, gt=0)
    """A branch ends where a parameter would move by more from one value to the next."""

    @model_validator(mode="after")
    def _check_values(self) -> "MinimaOptions":
        if self.values != sorted(set(self.values)):
            raise ValueError("`values` must ascend")
        if missing := set(self.anchors) - set(self.values):
            raise ValueError(f"`values` must contain the anchors {', '.join(map(str, sorted(missing)))}")
        return self


Branch = dict[float | None, Optimum]
"""Hyper-parameter → the minimum there, for neighbouring values."""


@SOLVERS.register("minima")
class Minima(Solver):
    """Every local minimum as a member of the run, labelled with its branch and whether it is the lowest there."""

    Options = MinimaOptions
    exact = True
    needs = (Explicit, Whole, Initialisable)

    def fit(self, problem: Problem) -> Fitted:
        """Search, follow, and label.

        Raises:
            UserError: if there is none within reach, as where the best density is a point.
        """
        o, batch = self.options, problem.data.whole()

        def loss_at(value: float | None) -> ExactLoss:
            assert problem.vary is not None
            return ExactLoss(problem.model, problem.vary(**({} if o.along is None else {o.along: value})), batch)

        proposed = cast(Initialisable, problem.model)
        starts = proposed.starts(problem.data, o.least_weight) if o.starts == "data" else [loss_at(None).vector]
        if o.along is None:
            branches: list[Branch] = [{None: optimum} for optimum in local_minima(loss_at(None), starts, o)]
        else:
            branches = follow(loss_at, starts, o)
        found = [
            (value, number, optimum) for number, branch in enumerate(branches) for value, optimum in branch.items()
        ]
        if not found:
            raise UserError("no local minimum found: no search converged within `reach` of its start")
        lowest = {value: min(own.value for key, _, own in found if key == value) for value, _, _ in found}
        members: list[Member] = []
        records: list[dict[str, Any]] = []
        for value, number, optimum in found:
            labels: dict[str, Any] = {} if o.along is None else {o.along: value}
            if o.starts == "data":  # else it is one minimum, and not known to be the lowest
                labels |= {"branch": number, "is_global": optimum.value == lowest[value]}
            loss_at(value)(optimum.parameters_D)
            members.append(Member(copy_weights(problem.model), labels))
            records.append({"step": len(records) + 1, "loss": optimum.value, **labels})
        write_records(problem.folder, records)
        return Fitted(members, {"steps": len(found)})


def follow(loss_at: LossAt, starts: Sequence[np.ndarray], options: MinimaOptions) -> list[Branch]:
    """How the local minima move with the hyper-parameter.

    At each anchor all starts are tried; each minimum found is followed up and down from there, to where it ceases to be
    one.

    Returns:
        Branches in the order of their discovery, without overlap.
    """
    branches: list[Branch] = []
    for anchor in options.anchors:
        for optimum in local_minima(loss_at(anchor), starts, options):
            if not _is_known(optimum, anchor, branches, options):
                branch: Branch = {anchor: optimum}
                below = [value for value in reversed(options.values) if value < anchor]
                above = [value for value in options.values if value > anchor]
                for side in (below, above):
                    branch |= _trace(loss_at, side, optimum, branches, options)
                branches.append(dict(sorted(branch.items(), key=lambda item: item[0] or 0.0)))
    return branches


def _trace(
    loss_at: LossAt, values: Sequence[float], last: Optimum, branches: Sequence[Branch], options: MinimaOptions
) -> Branch:
    """Follow a minimum through these values until it jumps or meets a branch that is known."""
    branch: Branch = {}
    for value in values:
        found = local_minima(loss_at(value), [last.parameters_D], options)
        if not found or found[0].distance(last) > options.jump or _is_known(found[0], value, branches, options):
            break
        branch[value] = last = found[0]
    return branch


def _is_known(optimum: Optimum, value: float, branches: Iterable[Branch], options: MinimaOptions) -> bool:
    return any(value in branch and optimum.distance(branch[value]) <= options.same for branch in branches)
