"""L-BFGS on all of p at once: to the nearest optimum, or along a hyper-parameter, each value from the one before."""

from typing import Any

import numpy as np
from pydantic import Field
from scipy.optimize import minimize

from beyond_mle.capabilities import Explicit, Whole
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.solvers.exact_loss import ExactLoss
from beyond_mle.solvers.progress import write_records
from beyond_mle.solvers.solver import AlongOptions, Fitted, Member, Problem, Solver


class FullBatchOptions(AlongOptions):
    """How far, and along what."""

    steps: int = Field(default=400, gt=0)
    """At most so many iterations, for each value of the hyper-parameter."""
    memory: int = Field(default=100, gt=0)
    """Past steps from which L-BFGS estimates the curvature: many, as strings of low probability make it uneven."""


@SOLVERS.register("full-batch")
class FullBatch(Solver):
    """L-BFGS on the exact loss."""

    Options = FullBatchOptions
    exact = True
    needs = (Explicit, Whole)

    def fit(self, problem: Problem) -> Fitted:
        """Bring the model to the nearest optimum; with `along`, of each value in turn, starting from the last one."""
        o, batch = self.options, problem.data.whole()
        members: list[Member] = []
        records: list[dict[str, Any]] = []
        for labels in [{o.along: value} for value in o.values] or [{}]:
            assert problem.vary is not None
            loss = ExactLoss(problem.model, problem.vary(**labels), batch)
            found = minimize(
                loss,
                loss.vector,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": o.steps, "maxfun": 2 * o.steps, "maxcor": o.memory, "ftol": 0.0, "gtol": 1e-12},
            )
            loss(np.asarray(found.x))
            members.append(Member(copy_weights(problem.model), labels))
            records.append({"step": int(found.nit), "loss": float(found.fun), **labels})
        write_records(problem.folder, records)
        return Fitted(members, {"steps": sum(record["step"] for record in records)})
