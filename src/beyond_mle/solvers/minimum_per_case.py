"""The lowest minimum of an exact loss for each case of the data by itself: many small fits in one run."""

from typing import cast

import numpy as np
from pydantic import Field

from beyond_mle.capabilities import Cases, Explicit, Initialisable, PerCase, Whole
from beyond_mle.errors import UserError
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.solvers.exact_loss import ExactLoss
from beyond_mle.solvers.local_minima import SearchOptions, local_minima
from beyond_mle.solvers.progress import write_records
from beyond_mle.solvers.solver import Fitted, Member, Problem, Solver


class MinimumPerCaseOptions(SearchOptions):
    """Where to search."""

    starts: int = Field(default=3, gt=0)
    """Of the places that the model proposes for a case, the search starts from so many, those of the lowest loss. With
    3, round Gaussians on mixtures in the plane reach what all of about 15 starts lead to."""


@SOLVERS.register("minimum-per-case")
class MinimumPerCase(Solver):
    """Sets each case's part of the model to the lowest of its local minima."""

    Options = MinimumPerCaseOptions
    exact = True
    needs = (Explicit, Whole, Cases, PerCase)

    def fit(self, problem: Problem) -> Fitted:
        """Search case by case.

        Raises:
            UserError: if a case has no minimum within reach.
        """
        o, parts = self.options, cast(PerCase, problem.model).parts
        for number, (part, data) in enumerate(zip(parts, problem.data.cases, strict=True)):
            loss = ExactLoss(part, problem.objective, data.whole())
            places = cast(Initialisable, part).starts(data, o.least_weight)
            order = np.argsort([loss(place)[0] for place in places], kind="stable")
            found = local_minima(loss, [places[row] for row in order[: o.starts]], o)
            if not found:
                raise UserError(f"case {number}: no local minimum found: no search converged within `reach`")
            loss(found[0].parameters_D)
        together = ExactLoss(problem.model, problem.objective, problem.data.whole())
        write_records(problem.folder, [{"step": len(parts), "loss": together(together.vector)[0]}])
        return Fitted([Member(copy_weights(problem.model))], {"steps": len(parts)})
