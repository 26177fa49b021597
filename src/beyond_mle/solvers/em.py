"""EM: expectations of hidden variables, then the parameters that suit them best, until nothing changes.

It climbs every objective −E[f(g)] whose f is convex, not maximum likelihood alone. A convex f lies above its tangent,
f(g) ≥ f(g₀) + f′(g₀) (g − g₀), so what raises the likelihood of items weighted by f′(g₀), as an EM step with these
weights does, raises E[f(g)] too: the loss never rises. For f(g) = g all weights are 1.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import torch
from pydantic import Field
from torch import Tensor
from tqdm import trange

from beyond_mle.capabilities import ClosedFormSteps, LikelihoodFunction, Minibatches, Need, Statistics
from beyond_mle.errors import UserError
from beyond_mle.objectives.averaging import item_weights
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers.checkpoint import Weights, copy_weights
from beyond_mle.solvers.progress import write_records
from beyond_mle.solvers.solver import Fitted, Member, Problem, Solver, SolverOptions
from beyond_mle.types import Batch, LogProb, Loss


class ClimbOptions(SolverOptions):
    """When to stop, and from where to start."""

    steps: int = Field(default=200, gt=0)
    """At most so many iterations."""
    tolerance: float = Field(default=1e-6, ge=0)
    """Stop when an iteration lowers the loss by less; 0: never before the last step, unless it rises."""
    starts: int = Field(default=0, ge=0)
    """Start so many times from parameters that the model draws for the data, and keep the climb of the least loss at
    its end; 0: once, from the model's own weights."""


class EMOptions(ClimbOptions):
    """The same, and how many samples are taken at once."""

    batch_size: int = Field(gt=0)
    """What a batch holds, as in `minibatch`; each iteration takes all batches of one epoch."""


@SOLVERS.register("em")
class EM(Solver):
    """EM on the training samples."""

    Options: type[ClimbOptions] = EMOptions
    needs: ClassVar[tuple[Need, ...]] = (ClosedFormSteps, LikelihoodFunction, Minibatches)

    def batches(self, data: Any, seed: int) -> list[Batch]:
        """What every iteration goes through.

        Raises:
            UserError: if there is nothing.
        """
        size = self.options.batch_size
        if not (keys := data.epoch(0, seed, size)):
            raise UserError(f"no batch of {size} can be made of the training data: lower `batch_size`")
        return [data.batch(key) for key in keys]

    def fit(self, problem: Problem) -> Fitted:
        """Climb from each start; the run's one member is the best end. A start that collapses is given up.

        Raises:
            UserError: if all starts collapse.
        """
        torch.manual_seed(problem.seed)
        batches = [batch.to(problem.device) for batch in self.batches(problem.data, problem.seed)]
        ends: list[Climb] = []
        fault: UserError | None = None
        starts = max(self.options.starts, 1)
        for _ in range(starts):
            if self.options.starts:
                cast(ClosedFormSteps, problem.model).restart(batches[0])
            try:
                ends.append(self._climb(problem, batches))
            except UserError as error:
                fault = error
        if fault and not ends:
            raise fault
        best = min(ends, key=lambda end: end.loss)
        write_records(problem.folder, best.records)
        tried = {"ends": [end.loss for end in ends], "collapsed": starts - len(ends)} if starts > 1 else {}
        return Fitted([Member(best.weights)], {"steps": len(best.records) - 1, **tried})

    def _climb(self, problem: Problem, batches: list[Batch]) -> "Climb":
        """From the model's own weights; the last record is of the weights at the end."""
        model, records, last = cast(ClosedFormSteps, problem.model), [], float("inf")
        for step in trange(self.options.steps + 1, unit="step", disable=None):
            found = expect(problem, batches)
            records.append({"step": step, **found.metrics})
            loss = found.metrics["loss"]
            if last - loss < self.options.tolerance or step == self.options.steps:
                break
            model.m_step(found.statistics)
            last = loss
        return Climb(records, copy_weights(problem.model))


@dataclass(frozen=True)
class Climb:
    """Where one start led to."""

    records: list[dict[str, Any]]
    """What was found before each step, and after the last."""
    weights: Weights

    @property
    def loss(self) -> float:
        """At the end."""
        return self.records[-1]["loss"]


@dataclass(frozen=True)
class Expected:
    """What an E step finds of all batches."""

    statistics: Statistics
    metrics: dict[str, float]
    """`loss`: the objective; `log_likelihood`: E[log q] of an item, in nats; `impossible`: the share of the items that
    the model cannot produce, if there are any: the others leave them out."""


def expect(problem: Problem, batches: list[Batch]) -> Expected:
    """An E step, with the weights that the objective gives the items.

    Raises:
        UserError: if all items are impossible.
    """
    model, statistics = cast(ClosedFormSteps, problem.model), Statistics()
    loss = count = log_likelihood = items = possible = 0.0
    for batch in batches:
        expectation = model.e_step(batch)
        log_prob = expectation.log_prob
        weight_B, said = weigh(problem.objective, log_prob, batch)
        for name, value in expectation.statistics(weight_B).items():
            statistics[name] = statistics[name] + value if name in statistics else value
        own_B, possible_B = item_weights(batch), log_prob.total_B.isfinite()
        own_B = torch.ones_like(log_prob.total_B) if own_B is None else own_B
        loss += (said.metrics["loss"] * said.count).item()
        count += said.count.item()
        log_likelihood += (own_B * log_prob.total_B).where(possible_B, 0.0).sum().item()
        items += own_B.sum().item()
        possible += own_B.where(possible_B, 0.0).sum().item()
    if not possible:
        raise UserError("the model can produce none of the training data: start it elsewhere, or smooth it")
    metrics = {"loss": loss / count, "log_likelihood": log_likelihood / possible}
    return Expected(statistics, metrics | ({"impossible": 1 - possible / items} if possible < items else {}))


def weigh(objective: Any, log_prob: LogProb, batch: Batch) -> tuple[Tensor, Loss]:
    """The weight of each item's log q in what the objective raises, ≥ 0, and the loss."""
    total_B = log_prob.total_B.detach().requires_grad_()
    loss = objective.losses(_Said(replace(log_prob, total_B=total_B)), batch)["model"]
    (gradient_B,) = torch.autograd.grad(loss.total, total_B)
    return -gradient_B, loss


@dataclass(frozen=True)
class _Said:
    """What a model said of a batch, to be heard again by an objective."""

    said: LogProb

    def log_prob(self, batch: Batch) -> LogProb:
        """That of this batch."""
        return self.said
