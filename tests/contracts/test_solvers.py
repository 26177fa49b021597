"""What every solver must do on what fits it: lower the loss, find the same again, give members that can be saved."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from torch import nn

from beyond_mle.capabilities import OfData, Reparametrised, implements
from beyond_mle.errors import UserError
from beyond_mle.jobs import Job
from beyond_mle.registry import MODELS, SOLVERS
from beyond_mle.solvers.checkpoint import copy_weights, load_weights, save_weights, stacked
from beyond_mle.solvers.solver import Fitted, Problem

Run = tuple[str, str, str, str]
PROBLEMS: list[Run] = [
    (task, model, objective, solver)
    for task, model, objective, _ in tiny.RUNS
    for solver in tiny.fitting_solvers(task, model, objective)
]
"""Every task, model and objective with every solver that takes them."""
ALONG = {
    "full-batch": ("strings", "tabular", "convex-exp", {"along": "order", "values": [0.25, 0.5, 1.0]}),
    "minima": ("plane", "isotropic-gaussian", "js", {"along": "pi", "values": [0.3, 0.5], "anchors": [0.5]}),
}
"""Solvers that follow a hyper-parameter, each with a problem."""


def each(problems: list[Run]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", [pytest.param(run, id="/".join(run)) for run in problems])


def of_each_solver(per_model: bool) -> list[Run]:
    """A few problems that show all of a solver: the first of each solver and model, or of each solver."""
    first: dict[tuple, Run] = {}
    for run in PROBLEMS:
        task, model, _, solver = run
        first.setdefault((solver, task, model) if per_model else (solver,), run)
    return list(first.values())


def fit(job: Job, data: Any, folder: Path) -> tuple[nn.Module, Any, Fitted]:
    """The fitted model, its objective, and what the solver returned."""
    model = job.new_model(data)
    objective = job.new_objective(data, model)
    problem = Problem(
        model=model,
        objective=objective,
        data=data,
        seed=1,
        device=torch.device("cpu"),
        folder=folder,
        key="key",
        vary=lambda **changes: job.new_objective(data, model, changes),
    )
    return model, objective, job.solver.make().fit(problem)


def loss_of(parts: tiny.Parts) -> float:
    """On what the solver shows first; with the same random numbers each time."""
    torch.manual_seed(9)
    return parts.objective.losses(parts.model, parts.batch())["model"].metrics["loss"].item()


def test_every_solver_has_a_problem() -> None:
    assert {run[3] for run in PROBLEMS} == set(SOLVERS)


@each(of_each_solver(per_model=True))
def test_the_same_problem_has_the_same_result(run: Run, data_of: Callable[[str], Any], tmp_path: Path) -> None:
    fitted = []
    for place in ("first", "again"):
        torch.manual_seed(len(place))  # what came before leaves no trace
        (tmp_path / place).mkdir()
        fitted.append(fit(tiny.make_job(*run), data_of(run[0]), tmp_path / place)[2])
    first, again = fitted
    assert first.summary == again.summary
    assert [member.labels for member in first.members] == [member.labels for member in again.members]
    for one, other in zip(first.members, again.members, strict=True):
        assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    logs = [(tmp_path / place / "training.jsonl").read_bytes() for place in ("first", "again")]
    assert logs[0] == logs[1]


ESTIMATED = {"js-adversarial", "reverse-kl", "mcmc-ml", "ebm-teacher", "proposal-kl"}
"""Objectives whose reported loss need not fall: it is an estimate on samples of the model, or moves with another
player, or the model does not move."""
LOWERED = [
    run
    for run in PROBLEMS
    if not implements(MODELS[run[1]], OfData)
    and run[2] not in ESTIMATED
    and run[2:]
    not in {("convex-pure", "minima"), ("convex-pure", "minimum-per-case")}  # there is no minimum: see the last test
]


@each(LOWERED)
def test_it_lowers_the_loss(run: Run, data_of: Callable[[str], Any], tmp_path: Path) -> None:
    few_steps = {"steps": 30} if run[3] == "minibatch" else {}
    job, data = tiny.make_job(*run, solvers=few_steps), data_of(run[0])
    parts = tiny.Parts(job, data)
    parts.model = job.new_model(data)
    before = loss_of(parts)
    _, _, fitted = fit(job, data, tmp_path)
    after = []
    for member in fitted.members:
        parts.model.load_state_dict(member.weights, strict=False)
        after.append(loss_of(parts))
    assert min(after) < before or before == pytest.approx(min(after), abs=1e-9)
    if len(after) > 1:  # local minima: the one that is called global is the lowest
        lowest = [member.labels.get("is_global") for member in fitted.members]
        assert lowest[after.index(min(after))]


@each([run for run in PROBLEMS if implements(MODELS[run[1]], OfData)])
def test_a_table_is_set_to_the_optimum(run: Run, data_of: Callable[[str], Any], tmp_path: Path) -> None:
    job, data = tiny.make_job(*run), data_of(run[0])
    untouched = job.new_model(data)
    model, objective, fitted = fit(job, data, tmp_path)
    assert len(fitted.members) == 1
    for source in model.sources:
        outputs, p_N = untouched.distribution(source)
        length_N = np.array([len(output) + model.boundary for output in outputs])
        np.testing.assert_allclose(model.distribution(source)[1], objective.optimum(p_N, length_N, outputs), atol=1e-12)


@each(of_each_solver(per_model=True))
def test_members_can_be_saved_and_loaded(run: Run, data_of: Callable[[str], Any], tmp_path: Path) -> None:
    check_members(tiny.make_job(*run), data_of(run[0]), tmp_path)


@pytest.mark.parametrize("solver", ALONG)
def test_members_lie_along_the_hyper_parameter(solver: str, data_of: Callable[[str], Any], tmp_path: Path) -> None:
    task, model, objective, options = ALONG[solver]
    job = tiny.make_job(task, model, objective, solver, solvers=options)
    fitted = check_members(job, data_of(task), tmp_path)
    values = [member.labels[options["along"]] for member in fitted.members]
    assert set(values) == set(options["values"])
    if "branch" not in fitted.members[0].labels:
        assert values == options["values"]
        return
    for value in options["values"]:
        here = [member.labels for member in fitted.members if member.labels[options["along"]] == value]
        assert sum(labels["is_global"] for labels in here) == 1
        assert len({labels["branch"] for labels in here}) == len(here)


def check_members(job: Job, data: Any, folder: Path) -> Fitted:
    """Labels tell the members apart, all of them survive one checkpoint, and the log names them."""
    _, _, fitted = fit(job, data, folder)
    members = fitted.members
    assert members
    assert len({json.dumps(member.labels) for member in members}) == len(members)
    assert len({tuple(member.labels) for member in members}) == 1
    assert len(members) == 1 or members[0].labels
    assert isinstance(fitted.summary["steps"], int)
    path = folder / "model.safetensors"
    save_weights(path, stacked([member.weights for member in members]))
    for number, member in enumerate(members):
        model = job.new_model(data)
        objective = job.new_objective(data, model)
        load_weights(model, path, number if len(members) > 1 else None, objective)
        loaded = copy_weights(model, objective)
        assert loaded.keys() == member.weights.keys()
        assert all(torch.equal(loaded[name], member.weights[name]) for name in loaded)
    records = [json.loads(line) for line in (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all("step" in record for record in records)
    if members[0].labels:
        assert [{name: record[name] for name in members[0].labels} for record in records] == [m.labels for m in members]
    return fitted


@pytest.mark.parametrize("kind", [kind for kind in MODELS if implements(MODELS[kind], Reparametrised)])
@pytest.mark.parametrize(
    ("turns", "moves"),
    [({"warmup": 100}, (False, True)), ({"discriminator_steps": 100}, (False, True)), ({}, (True, True))],
)
def test_a_player_moves_in_its_own_turns_only(
    kind: str, turns: dict, moves: tuple[bool, bool], data_of: Callable[[str], Any], tmp_path: Path
) -> None:
    """No gradient of the discriminator's loss leaks into the model, through which its samples came."""
    job, data = tiny.make_job("plane", kind, "js-adversarial", objectives=turns), data_of("plane")
    torch.manual_seed(3)
    model = job.new_model(data)
    started = [copy_weights(model)]
    torch.manual_seed(3)
    objective = job.new_objective(data, model)
    started.append(copy_weights(objective))
    problem = Problem(model, objective, data, 1, torch.device("cpu"), tmp_path, "key")
    job.solver.make().fit(problem)
    ended = [copy_weights(problem.model), copy_weights(objective)]
    changed = tuple(
        any(not torch.equal(one[name], other[name]) for name in one) for one, other in zip(started, ended, strict=True)
    )
    assert changed == moves


def test_without_a_minimum_the_search_says_so(data_of: Callable[[str], Any], tmp_path: Path) -> None:
    """The best Gaussian is a point at p's mode, on the way to which quadrature ceases to hold."""
    job = tiny.make_job("plane", "isotropic-gaussian", "convex-pure", "minima", solvers={"starts": "model"})
    with pytest.raises(UserError, match="no local minimum found"):
        fit(job, data_of("plane"), tmp_path)
