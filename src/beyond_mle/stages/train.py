"""Fit one run.

python -m beyond_mle train --study results/default/studies/….yaml --results results/default \\
    --run grammar-ab/transformer/mle/seed1

Writes model.safetensors, training.jsonl and training.json into the run's folder. Started again after an interruption it
continues.
"""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from beyond_mle.code_id import code_of_run
from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.jobs import Job, find_job
from beyond_mle.kinds import Yardstick
from beyond_mle.layout import Layout
from beyond_mle.metric import Metric
from beyond_mle.solvers import checkpoint, devices
from beyond_mle.solvers.solver import Problem
from beyond_mle.stages import command_line
from beyond_mle.yardsticks.yardstick import Subject


def main() -> None:
    """Fit the run that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results", "run").parse_args()
    train(find_job(load_resolved(arguments.study), arguments.run), Layout(arguments.results))


def train(job: Job, layout: Layout) -> None:
    """Fit a run and write its folder.

    Raises:
        UserError: if the start's weights are missing or of another model, or the training data is empty.
    """
    run, folder = job.run, layout.run(job.run.key)
    folder.mkdir(parents=True, exist_ok=True)
    devices.prepare_cpu(job.solver.options.threads)
    data = job.data(layout.data(run.task.label))
    start = layout.weights(run.start_from.key) if run.start_from is not None else None
    with devices.device(job.solver.options.device) as device:
        model = job.new_model(data)
        if start is not None:
            checkpoint.load_weights(model, start)
        objective = job.new_objective(data, model)
        fitted = job.solver.make().fit(
            Problem(
                model=model.to(device),
                objective=objective,
                data=data,
                seed=run.seed,
                device=device,
                folder=folder,
                key=_resume_key(job, start),
                validate=validation(job, data, objective),
                vary=lambda **changes: job.new_objective(data, model, changes),
            )
        )
        device_name = devices.name(device)
    members = [member.weights for member in fitted.members]
    checkpoint.save_weights(layout.weights(run.key), checkpoint.stacked(members))
    labels = [member.labels for member in fitted.members]
    summary = {
        **fitted.summary,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "device": device_name,
        **({"members": labels} if labels != [{}] else {}),
    }
    write_json(layout.summary(run.key), summary)


def validation(job: Job, data: Any, objective: Any) -> Callable[[nn.Module], float] | None:
    """A function that measures the solver's `validation` metric on the dev split; higher is better.

    Raises:
        UserError: from the function, if the metric cannot be measured of this run.
    """
    if job.validated_by is None:
        return None
    yardstick, metric = job.validated_by
    return partial(_validate, job, data, objective, yardstick.make(), metric)


def _validate(job: Job, data: Any, objective: Any, yardstick: Yardstick, metric: Metric, model: nn.Module) -> float:
    evaluation, limit = job.study.evaluation, job.solver.options.dev_items
    outputs = {}
    if job.decoders:
        label = next(iter(job.decoders))
        decoder = job.new_decoder(label, objective)
        outputs = {label: decoder.outputs(model, data, "dev", evaluation.batch_size, limit=limit)}
    subject = Subject(data, model, objective, evaluation, "dev", limit, outputs)
    score = next((score for score in yardstick.measure(subject) if score.metric == metric.name), None)
    if score is None:
        where = f"solver '{job.run.solver.name}'"
        raise UserError(f"{where}: `validation: {metric.name}` has no value for run '{job.run.key}'; null is none")
    return score.value if metric.better != "lower" else -score.value


def _resume_key(job: Job, start: Path | None) -> str:
    """What a resumable state must agree in: the run's settings, its code, and the weights it started from."""
    origin = hashlib.sha256(start.read_bytes()).hexdigest() if start is not None else ""
    text = json.dumps([job.settings, code_of_run(job, "train"), origin], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
