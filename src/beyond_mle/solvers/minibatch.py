"""The training loop of every minibatch run: budgets in optimiser steps, resumable at any moment.

The players are the model and whatever modules the objective brings; each follows its own loss with its own optimiser.

A killed training continues from its last saved state and ends with the same weights, bit for bit, as one that was
never interrupted: the state holds weights, optimisers, random numbers, the position in the data, and all that
validation has gathered.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from beyond_mle.capabilities import KnownSupport, Minibatches, alternatives, implements
from beyond_mle.errors import UserError
from beyond_mle.kinds import Objective
from beyond_mle.registry import SOLVERS
from beyond_mle.solvers import checkpoint
from beyond_mle.solvers.checkpoint import Weights
from beyond_mle.solvers.devices import autocast
from beyond_mle.solvers.minibatch_options import MinibatchOptions
from beyond_mle.solvers.optimiser import learning_rate, make_optimiser
from beyond_mle.solvers.progress import MetricsLog
from beyond_mle.solvers.solver import Fitted, Member, Problem, Solver
from beyond_mle.types import Batch


@dataclass
class State:
    """Where a training stands, apart from weights, optimisers and random numbers."""

    step: int = 0
    epoch: int = 0
    position: int = 0
    """Batches of this epoch that are done."""
    validations: list[float] = field(default_factory=list)
    """Every validation so far; higher is better."""
    kept: list[tuple[float, Weights]] = field(default_factory=list)
    """The validated weights that may still become part of the result."""
    running: dict[str, Tensor] = field(default_factory=dict)
    """Sums of the metrics since the last logged step."""


@SOLVERS.register("minibatch")
class Minibatch(Solver):
    """Steps of Adam on batches."""

    Options = MinibatchOptions
    needs = (Minibatches,)

    def fit(self, problem: Problem) -> Fitted:
        """Train to the last step; the run's one member has the weights that the options ask for."""
        weights, state = _Loop(problem, self.options).train()
        return Fitted([Member(weights)], {"steps": state.step, "validations": state.validations})


class _Loop:
    """One training in progress."""

    def __init__(self, run: Problem, options: MinibatchOptions):
        self.run = run
        self.options = options
        torch.manual_seed(run.seed)
        run.model.to(run.device).train()
        for module in run.model.modules():
            if isinstance(module, nn.Dropout):
                module.p = options.dropout
        self.players = {"model": run.model}
        if isinstance(run.objective, nn.Module):
            self.players |= dict(run.objective.to(run.device).named_children())
        self.parameters = {player: list(module.parameters()) for player, module in self.players.items()}
        self.optimisers = {player: make_optimiser(own, options) for player, own in self.parameters.items()}
        self.with_support = needs_support(run.objective, run.data)
        self.state = State()
        self.state_path = run.folder / "state.pt"
        self._resume()
        self.log = MetricsLog(run.folder, options.steps, self.state.step, options.tensorboard)

    def train(self) -> tuple[Weights, State]:
        """Run to the last step, or until validation stops improving."""
        batches = self._batches()
        while self.state.step < self.options.steps and not self._stalled():
            self._step([next(batches) for _ in range(self.options.accumulate)])
            step = self.state.step
            if step % self.options.log_every == 0 or step == self.options.steps:
                self._write_metrics()
            every = self.options.validate_every
            if (every and step % every == 0) or step == self.options.steps:
                self._validate()
            if step % self.options.save_every == 0:
                self._save()
        self.log.close()
        self.state_path.unlink(missing_ok=True)
        return checkpoint.average_weights([weights for _, weights in self.state.kept]), self.state

    def _batches(self) -> Iterator[Any]:
        """Batches without end, from the position where the state stands."""
        while True:
            size = self.options.batch_size
            identifiers = self.run.data.epoch(self.state.epoch, self.run.seed, size)
            if not identifiers:
                raise UserError(f"no batch of {size} can be made of the training data: lower `batch_size`")
            while self.state.position < len(identifiers):
                identifier = identifiers[self.state.position]
                self.state.position += 1
                yield self._batch(identifier).to(self.run.device)
            self.state.epoch, self.state.position = self.state.epoch + 1, 0

    def _batch(self, identifier: Any) -> Batch:
        batch = self.run.data.batch(identifier)
        if not self.with_support:
            return batch
        return replace(batch, support=self.run.data.support(identifier))

    def _step(self, batches: list[Any]) -> None:
        """One step of each player that has a loss; the gradient is Σ totals / Σ counts over the accumulated batches."""
        counts: dict[str, Tensor] = {}
        for batch in batches:
            with autocast(self.options.precision, self.run.device):
                losses = self.run.objective.losses(self.run.model, batch, self.state.step)
            for player, loss in losses.items():
                loss.total.backward(inputs=self.parameters[player], retain_graph=len(losses) > 1)
                counts[player] = counts.get(player, 0) + loss.count
                for name, value in loss.metrics.items():
                    self.state.running[name] = self.state.running.get(name, 0.0) + value / len(batches)
        self.state.step += 1
        rate = learning_rate(self.state.step, self.options)
        for player, count in counts.items():
            self._follow(player, count, rate if player == "model" else rate * self.options.opponent_rate)
        self.log.step()

    def _follow(self, player: str, count: Tensor, rate: float) -> None:
        """Step a player along its summed gradient, divided by `count`; log the norm of the model's, before clipping."""
        parameters, optimiser = self.parameters[player], self.optimisers[player]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        torch._foreach_div_(gradients, count)
        norm = nn.utils.get_total_norm(gradients)
        if self.options.clip:
            nn.utils.clip_grads_with_norm_(parameters, self.options.clip, norm)
        if player == "model":
            self.state.running["gradient_norm"] = self.state.running.get("gradient_norm", 0.0) + norm
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def _write_metrics(self) -> None:
        """Log the means since the last record."""
        since = (self.state.step - 1) % self.options.log_every + 1
        means = {name: float(total) / since for name, total in self.state.running.items()}
        rate = learning_rate(self.state.step, self.options)
        self.log.write({"step": self.state.step, **means, "learning_rate": rate})
        self.state.running = {}

    def _validate(self) -> None:
        """Measure, if that is asked for, and keep the weights if they may become part of the result."""
        state, options = self.state, self.options
        value = 0.0
        if self.run.validate is not None:
            for module in self.players.values():
                module.eval()
            value = self.run.validate(self.run.model)
            for module in self.players.values():
                module.train()
            state.validations.append(value)
            self.log.write({"step": state.step, "validation": value})
        state.kept.append((value, checkpoint.copy_weights(self.run.model, self.run.objective)))
        if options.keep == "best":
            state.kept.sort(key=lambda kept: -kept[0])  # stable: of equals, the earlier one is the better
            state.kept = state.kept[: options.average]
        else:
            state.kept = state.kept[-options.average :]

    def _stalled(self) -> bool:
        """Whether the best validation lies `patience` validations back."""
        values, patience = self.state.validations, self.options.patience
        return bool(patience and values) and len(values) - 1 - values.index(max(values)) >= patience

    def _save(self) -> None:
        """Write the resumable state."""
        state = {
            "loop": asdict(self.state),
            "players": {player: module.state_dict() for player, module in self.players.items()},
            "optimisers": {player: optimiser.state_dict() for player, optimiser in self.optimisers.items()},
            "random": torch.get_rng_state(),
        }
        if self.run.device.type == "cuda":
            state["random_cuda"] = torch.cuda.get_rng_state(self.run.device)
        checkpoint.save_state(self.state_path, self.run.key, state)

    def _resume(self) -> None:
        """Continue from the saved state, if there is one of this very training."""
        saved = checkpoint.load_state(self.state_path, self.run.key)
        if saved is None:
            return
        self.state = State(**saved["loop"])
        for player, module in self.players.items():
            module.load_state_dict(saved["players"][player])
            self.optimisers[player].load_state_dict(saved["optimisers"][player])
        torch.set_rng_state(saved["random"])
        if self.run.device.type == "cuda":
            torch.cuda.set_rng_state(saved["random_cuda"], self.run.device)
        print(f"resumed at step {self.state.step} of {self.options.steps}", flush=True)


def needs_support(objective: Objective, data: Any) -> bool:
    """Whether the batches must hold all of p(·|x): the objective can use it, and the data list it."""
    asked = {protocol for need in objective.needs for protocol in alternatives(need)}
    return KnownSupport in asked and implements(type(data), KnownSupport)
