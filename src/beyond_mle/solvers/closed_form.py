"""No search at all: the optimum of an objective over all distributions, where it is known."""

import math
from typing import cast

import numpy as np
from tqdm import tqdm

from beyond_mle.capabilities import KnownOptimum, KnownOutputs, Settable
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.checkpoint import copy_weights
from beyond_mle.solvers.progress import write_records
from beyond_mle.solvers.solver import Fitted, Member, Problem, Solver


@SOLVERS.register("closed-form")
class ClosedForm(Solver):
    """Sets a listed distribution to the objective's optimum, source by source."""

    exact = True
    needs = (Settable, KnownOptimum, KnownOutputs)

    def fit(self, problem: Problem) -> Fitted:
        """Set every source's distribution."""
        model, objective = cast(Settable, problem.model), cast(KnownOptimum, problem.objective)
        for source in tqdm(model.sources, unit="source", disable=None):
            outputs, p_N = model.distribution(source)
            p_N = p_N / math.fsum(p_N)
            length_N = np.array([len(output) + model.boundary for output in outputs])
            model.set_distribution(source, objective.optimum(p_N, length_N, outputs))
        write_records(problem.folder, [])
        return Fitted([Member(copy_weights(problem.model))], {"steps": 0})
