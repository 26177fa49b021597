"""A fitted run, loaded: what the stages that judge models start from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.files import read_json
from beyond_mle.jobs import Job
from beyond_mle.kinds import Objective
from beyond_mle.layout import Layout
from beyond_mle.solvers import checkpoint, devices


@dataclass(frozen=True)
class FittedRun:
    """A run's data and its fitted models."""

    job: Job
    data: Any
    members: list[dict[str, Any]]
    """The labels of each fitted model; most runs have one, without labels."""
    device: torch.device
    layout: Layout

    def load(self, member: int = 0) -> tuple[nn.Module, Objective]:
        """A fitted model, and its objective with the players that were trained with it, ready to be judged.

        Both are in evaluation mode and on the run's device; the options of the objective are the member's own.
        """
        model, of_options = self.job.new_model(self.data), type(self.job.objective.options).model_fields
        changes = {name: value for name, value in self.members[member].items() if name in of_options}
        objective = self.job.new_objective(self.data, model, changes)
        one_of_many = member if len(self.members) > 1 else None
        checkpoint.load_weights(model, self.layout.weights(self.job.run.key), one_of_many, objective)
        if isinstance(objective, nn.Module):
            objective.to(self.device).eval()
        return model.to(self.device).eval(), objective


@contextmanager
def fitted(job: Job, layout: Layout) -> Iterator[FittedRun]:
    """The run, with its device held until the block ends.

    Raises:
        UserError: if the run is not trained, or its weights are missing or of another model.
    """
    devices.prepare_cpu(job.solver.options.threads)
    with devices.device(job.solver.options.device) as device:
        path = layout.summary(job.run.key)
        if not path.exists():
            raise UserError(f"{path}: no such file; train the run '{job.run.key}' first")
        summary = read_json(path)
        data = job.data(layout.data(job.run.task.label))
        yield FittedRun(job, data, summary.get("members", [{}]), device, layout)
