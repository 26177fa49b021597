"""The runs of a study: task × model × objective × seed, and the run that each starts from or is compared with."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from beyond_mle.errors import UserError, nearest
from beyond_mle.references import Choice, Reference, variants
from beyond_mle.study import Experiment, Stage, Study


@dataclass(frozen=True)
class Run:
    """One fit, and where it stands in the study."""

    experiment: str
    stage: str
    task: Choice
    model: Choice
    objective: Choice
    solver: Choice
    decoders: tuple[Choice, ...]
    seed: int
    pages: tuple[str, ...]
    start_from: "Run | None"
    control: "Run | None"

    @cached_property
    def key(self) -> str:
        """The run's folder below results/{preset}/runs/."""
        return f"{self.task.label}/{self.model.label}/{self.objective.label}/seed{self.seed}"


def runs(study: Study) -> dict[str, Run]:
    """Every run of the study by its key, in the order of the file.

    Raises:
        UserError: if a run is listed twice, or the run it starts from or is compared with is not in the study.
    """
    planned: dict[str, tuple[Run, Stage]] = {}
    for name, experiment in study.experiments.items():
        for run, stage in _plan(study, name, experiment):
            if run.key in planned:
                other = planned[run.key][0].experiment
                raise UserError(f"experiments.{name}: the run '{run.key}' is already in experiments.{other}")
            planned[run.key] = run, stage
    of_pair: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run, _ in planned.values():
        of_pair[run.task.label, run.model.label].append(run)
    resolved: dict[str, Run] = {}

    def resolve(key: str, chain: tuple[str, ...] = ()) -> Run:
        if key in chain:
            raise UserError(f"experiments: the run '{key}' starts from itself, by way of {', '.join(chain)}")
        if key not in resolved:
            run, stage = planned[key]
            where = f"experiments.{run.experiment}.stages.{run.stage}"
            relations: dict[str, Any] = {
                role: resolve(
                    _relative(run, name, of_pair[run.task.label, run.model.label], f"{where}.{role}"), (*chain, key)
                )
                for role, name in (("start_from", stage.start_from), ("control", stage.control))
                if name is not None and not (role == "control" and _is(run, name))
            }
            resolved[key] = replace(run, **relations)
        return resolved[key]

    return {key: resolve(key) for key in planned}


def find_run(study: Study, key: str) -> Run:
    """The run with this key.

    Raises:
        UserError: if the study has no such run.
    """
    found = runs(study)
    if key not in found:
        raise UserError(f"preset '{study.preset}' has no run '{key}': {nearest(key, found)}")
    return found[key]


def pages(study: Study) -> list[str]:
    """The pages that show runs, in the order of the file; an experiment that names none has a page of its own."""
    return list(dict.fromkeys(page for name, one in study.experiments.items() for page in pages_of(name, one)))


def pages_of(name: str, experiment: Experiment) -> tuple[str, ...]:
    """The pages that show an experiment."""
    return (name,) if experiment.pages is None else tuple(experiment.pages)


def page_runs(study: Study, page: str) -> list[Run]:
    """The runs that a page shows: those of its experiments, and those that they start from or are compared with."""
    everything = runs(study)
    shown: set[str] = set()
    waiting = [run for run in everything.values() if page in run.pages]
    while waiting:
        run = waiting.pop()
        if run.key not in shown:
            shown.add(run.key)
            waiting += [other for other in (run.start_from, run.control) if other is not None]
    return [run for key, run in everything.items() if key in shown]


def _plan(study: Study, name: str, experiment: Experiment) -> Iterator[tuple[Run, Stage]]:
    """The runs of an experiment, without their relations."""
    for task, model in product(_choices(experiment.task), _choices(experiment.model)):
        for stage_name, stage in experiment.stages.items():
            decoders = (*experiment.decoders, *stage.decoders)
            drawn = tuple(choice for reference in decoders for choice in variants(reference))
            (solver,) = _single(stage.solver, f"experiments.{name}.stages.{stage_name}.solver")
            for objective in (choice for reference in stage.objectives for choice in variants(reference)):
                for seed in experiment.seeds or study.seeds:
                    shown = pages_of(name, experiment)
                    yield (
                        Run(name, stage_name, task, model, objective, solver, drawn, seed, shown, None, None),
                        stage,
                    )


def _choices(references: Reference | list[Reference]) -> list[Choice]:
    several = references if isinstance(references, list) else [references]
    return [choice for reference in several for choice in variants(reference)]


def _single(reference: Reference, where: str) -> list[Choice]:
    found = list(variants(reference))
    if len(found) != 1:
        raise UserError(f"{where}: a stage has one solver; sweep the objective, or write a stage for each")
    return found


def _is(run: Run, name: str) -> bool:
    return name in (run.objective.label, run.objective.name)


def _relative(run: Run, name: str, of_pair: Iterable[Run], where: str) -> str:
    """The run of the same task, model and seed with this objective: its label, or its name where only one variant
    agrees with the run in what both sweep; `of_pair` are all runs of that task and model."""
    siblings = [one for one in of_pair if one.seed == run.seed and _is(one, name)]
    exact = [one for one in siblings if one.objective.label == name]
    swept = run.objective.swept
    agreeing = exact or [
        one
        for one in siblings
        if all(one.objective.swept[option] == swept[option] for option in one.objective.swept.keys() & swept.keys())
    ]
    if len(agreeing) == 1:
        return agreeing[0].key
    if agreeing:
        labels = " and ".join(one.objective.label for one in agreeing)
        raise UserError(f"{where}: '{name}' of run '{run.key}' stands for {labels}: name one of them")
    if seeds := sorted({one.seed for one in of_pair if _is(one, name)} - {run.seed}):
        raise UserError(f"{where}: '{name}' of run '{run.key}' is trained with seed {', '.join(map(str, seeds))} only")
    objectives = {one.objective.label for one in of_pair}
    raise UserError(f"{where}: '{name}' of run '{run.key}' is not trained in this study: {nearest(name, objectives)}")
