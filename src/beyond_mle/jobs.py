"""What a run is made of, resolved once: the classes and options behind the names, and what they depend on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from beyond_mle import kinds
from beyond_mle.capabilities import OfData, OfModel, OfObjective, implements
from beyond_mle.errors import UserError, nearest
from beyond_mle.metric import Metric
from beyond_mle.options import parse
from beyond_mle.references import Choice
from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, SOLVERS, TASKS, YARDSTICKS, Registry
from beyond_mle.runs import Run, find_run, runs
from beyond_mle.study import Study

Kind = TypeVar("Kind")

REGISTRIES: dict[str, Registry[Any]] = {
    "tasks": TASKS,
    "models": MODELS,
    "objectives": OBJECTIVES,
    "solvers": SOLVERS,
    "decoders": DECODERS,
}
"""The sections of a study whose entries are of registered kinds."""


@dataclass(frozen=True)
class Entry(Generic[Kind]):
    """A configured thing: its registered class and its options."""

    kind: str
    cls: type[Kind]
    options: Any

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Kind and options as plain values."""
        return {"kind": self.kind, **self.options.model_dump(mode="json")}

    def make(self, *arguments: Any) -> Kind:
        """The thing itself."""
        cls: Callable[..., Kind] = self.cls
        return cls(self.options, *arguments)


def entry(study: Study, section: str, choice: Choice) -> Entry[Any]:
    """The class and options behind a choice from `tasks`, `models`, `objectives`, `solvers` or `decoders`.

    A name that its section does not define stands for the registered kind of that name.

    Raises:
        UserError: if there is neither, or the options are wrong.
    """
    registry = REGISTRIES[section]
    defined = getattr(study, section)
    name = choice.name
    if name not in defined and name not in registry:
        raise UserError(f"{section}: '{name}' is not defined: {nearest(name, {*defined, *registry})}")
    values = dict(defined.get(name, {}))
    kind = values.pop("kind", name)
    if kind not in registry:
        raise UserError(f"{section}.{name}: there is no {registry.noun} kind '{kind}': {nearest(kind, registry)}")
    cls = registry[kind]
    return Entry(kind, cls, parse(cls.Options, {**values, **choice.options}, f"{section}.{name}"))


@dataclass(frozen=True)
class Job:
    """A run with everything that it is made of."""

    study: Study
    run: Run

    @cached_property
    def task(self) -> Entry[kinds.Task]:
        """What is learnt."""
        return entry(self.study, "tasks", self.run.task)

    @cached_property
    def model(self) -> Entry[kinds.Model]:
        """What learns it."""
        return entry(self.study, "models", self.run.model)

    @cached_property
    def objective(self) -> Entry[kinds.Objective]:
        """What is minimised."""
        return entry(self.study, "objectives", self.run.objective)

    @cached_property
    def solver(self) -> Entry[kinds.Solver]:
        """How it is minimised."""
        return entry(self.study, "solvers", self.run.solver)

    @cached_property
    def decoders(self) -> dict[str, Entry[kinds.Decoder]]:
        """How outputs are made: by label, the default one first."""
        return {choice.label: entry(self.study, "decoders", choice) for choice in self.run.decoders}

    @property
    def compared(self) -> list[tuple[Run, str]]:
        """The control, with the label of each decoder that both have."""
        control = self.run.control
        if control is None:
            return []
        labels = {choice.label for choice in control.decoders}
        return [(control, label) for label in self.decoders if label in labels]

    @cached_property
    def validated_by(self) -> tuple[Entry[kinds.Yardstick], Metric] | None:
        """The yardstick that measures the solver's `validation`, and the metric; none where it does not validate.

        Of several that measure it, one for this kind of data.

        Raises:
            UserError: if no yardstick has that metric.
        """
        name = self.solver.options.validation
        if name is None:
            return None
        measuring = [
            (yardstick, metric)
            for yardstick in yardsticks(self.study).values()
            for metric in yardstick.cls.metrics
            if metric.name == name
        ]
        if not measuring:
            raise UserError(f"solvers.{self.run.solver.name}: no yardstick measures `validation: {name}`")
        fitting = [own for own in measuring if issubclass(self.task.cls.spec, own[0].cls.accepts)]
        return (fitting or measuring)[0]

    @property
    def settings(self) -> dict[str, Any]:
        """Everything in the configuration that the weights depend on, the run it starts from apart."""
        validated_by = next(iter(self.decoders.values())).settings if self.decoders else None
        return {
            "seed": self.run.seed,
            "task": self.task.settings,
            "model": self.model.settings,
            "objective": self.objective.settings,
            "solver": self.solver.settings,
            "validation": validated_by if self.solver.options.validation else None,
        }

    def data(self, folder: Path) -> Any:
        """The run's task, opened."""
        return self.task.make().open(folder)

    def new_model(self, data: Any) -> nn.Module:
        """The model with fresh weights, drawn from the run's seed."""
        torch.manual_seed(self.run.seed)
        model: Any = self.model.make(data.spec)
        if implements(self.model.cls, OfData):
            model.use(data)
        return model

    def new_objective(self, data: Any, model: Any, changes: Mapping[str, Any] | None = None) -> kinds.Objective:
        """The objective of a model, with some options changed; further players have fresh weights."""
        entry = self.objective
        options = parse(type(entry.options), {**entry.options.model_dump(), **(changes or {})}, "objective")
        objective: Any = entry.cls(options, data.spec)
        if implements(entry.cls, OfModel):
            objective.make_players(model)
        return objective

    def new_decoder(self, label: str, objective: Any) -> kinds.Decoder:
        """The decoder of this label; one that uses the objective is given it."""
        entry = self.decoders[label]
        decoder: Any = entry.make()
        if implements(entry.cls, OfObjective):
            decoder.use(objective)
        return decoder


def find_job(study: Study, key: str) -> Job:
    """The job of the run with this key.

    Raises:
        UserError: if the study has no such run.
    """
    return Job(study, find_run(study, key))


def jobs(study: Study) -> dict[str, Job]:
    """The jobs of all runs, by key, in the order of the file."""
    return {key: Job(study, run) for key, run in runs(study).items()}


def yardsticks(study: Study) -> dict[str, Entry[kinds.Yardstick]]:
    """Every registered yardstick that the study does not switch off, with its options.

    Raises:
        UserError: if the study names one that there is not, or an option is wrong.
    """
    for kind in study.yardsticks:
        if kind not in YARDSTICKS:
            raise UserError(f"yardsticks: there is no yardstick '{kind}': {nearest(kind, YARDSTICKS)}")
    return {
        kind: Entry(kind, YARDSTICKS[kind], parse(YARDSTICKS[kind].Options, options, f"yardsticks.{kind}"))
        for kind in YARDSTICKS
        if (options := study.yardsticks.get(kind, {})) is not False
    }
