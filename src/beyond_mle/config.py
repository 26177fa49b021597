"""The configuration of a study: read and checked, and the runs that follow from it.

A run = task × model × objective × seed, and, for a second stage, the run whose weights it starts from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from beyond_mle.errors import UserError, nearest
from beyond_mle.files import read_yaml, write_text
from beyond_mle.options import parse
from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, TASKS, Registry
from beyond_mle.study import Study


@dataclass(frozen=True)
class Run:
    """One training: where it stands in the study, and the run it starts from."""

    task: str
    model: str
    objective: str
    seed: int
    training: str
    start_from: str | None
    control: str | None
    decoders: tuple[str, ...]
    together: bool
    pages: tuple[str, ...]
    objective_options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The run's folder below results/{preset}/runs/."""
        return f"{self.task}/{self.model}/{self.objective}/seed{self.seed}"

    def sibling(self, objective: str) -> str:
        """The key of the run that differs only in its objective."""
        return f"{self.task}/{self.model}/{objective}/seed{self.seed}"


@dataclass(frozen=True)
class Entry:
    """A configured thing: its registered class and its options."""

    kind: str
    cls: type
    options: Any

    @property
    def settings(self) -> dict[str, Any]:
        """Kind and options as plain values."""
        return {"kind": self.kind, **self.options.model_dump(mode="json")}


def load(path: Path) -> Study:
    """Read a configuration file and check all of it.

    Raises:
        UserError: on YAML that does not parse, an unknown key or kind, or a name that is not defined.
    """
    return check(extend(_read(path), Path(path).parent))


def load_resolved(path: Path) -> Study:
    """Read what `save` wrote; the options of each kind are checked when they are used, so that a stage imports only
    what it needs.

    Raises:
        UserError: if the file is missing or not a configuration.
    """
    return parse(Study, _read(path), "")


def extend(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Lay `values` over the configuration that their key `extends` names, a file of the same folder.

    Mappings are merged key by key; anything else replaces what it stands over.

    Raises:
        UserError: if that file is missing or not YAML.
    """
    if "extends" not in values:
        return dict(values)
    base = folder / values["extends"]
    own = {key: value for key, value in values.items() if key != "extends"}
    return _merge(extend(_read(base), folder), own)


def save(study: Study, path: Path) -> None:
    """Write the checked configuration, unless the file holds it already."""
    text = yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def _read(path: Path) -> dict[str, Any]:
    values = read_yaml(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: a configuration is a mapping of keys to values")
    return values


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def check(values: dict[str, Any]) -> Study:
    """Check a configuration given as a mapping, down to the options of every kind and every name it uses.

    Raises:
        UserError: naming the key at fault.
    """
    study = parse(Study, values, "")
    for section in ("tasks", "models", "objectives", "decoders"):
        for name in getattr(study, section):
            entry(study, section, name)
    for run in runs(study):
        _check_trainable(study, run)
        for name in run.decoders:
            entry(study, "decoders", name)
        if run.training not in study.training:
            raise UserError(f"training '{run.training}' is not defined: {nearest(run.training, study.training)}")
    _check_references(study)
    return study


def entry(study: Study, section: str, name: str, overrides: Mapping[str, Any] | None = None) -> Entry:
    """The class and options behind a name in `tasks`, `models`, `objectives` or `decoders`.

    A name that its section does not define stands for the registered kind of that name, without options.

    Raises:
        UserError: if there is neither, or the options are wrong.
    """
    registry = _REGISTRIES[section]
    defined = getattr(study, section)
    if name in defined:
        values = dict(defined[name])
        kind = values.pop("kind", name)
    elif name in registry:
        values, kind = {}, name
    else:
        raise UserError(f"{section}: '{name}' is not defined: {nearest(name, {*defined, *registry})}")
    cls = registry[kind]
    return Entry(kind, cls, parse(cls.Options, {**values, **(overrides or {})}, f"{section}.{name}"))


def objective(study: Study, run: Run) -> Entry:
    """A run's objective, with the options that its experiment sets for it."""
    return entry(study, "objectives", run.objective, run.objective_options)


def runs(study: Study) -> Iterator[Run]:
    """Every run of the study, in the order of the file."""
    for experiment in study.experiments:
        for stage in experiment.stages:
            for objective in stage.objectives:
                for seed in experiment.seeds or study.seeds:
                    control = stage.control if stage.control != objective else None
                    yield Run(
                        experiment.task,
                        experiment.model,
                        objective,
                        seed,
                        stage.training,
                        stage.start_from,
                        control,
                        (*experiment.decoders, *stage.decoders),
                        experiment.together,
                        tuple(experiment.pages),
                        experiment.objective_options.get(objective, {}),
                    )


def page_runs(study: Study, page: str) -> list[Run]:
    """The runs that a page shows: those of its experiments, and those that they start from or are compared with."""
    by_key = {run.key: run for run in runs(study)}
    shown: set[str] = set()
    waiting = [key for key, run in by_key.items() if page in run.pages]
    while waiting:
        key = waiting.pop()
        if key not in shown:
            shown.add(key)
            run = by_key[key]
            waiting += [run.sibling(name) for name in (run.start_from, run.control) if name is not None]
    return [run for key, run in by_key.items() if key in shown]


def pages(study: Study) -> list[str]:
    """The pages that show runs, in the order of the file."""
    return list(dict.fromkeys(page for experiment in study.experiments for page in experiment.pages))


def series(study: Study) -> dict[tuple[str, str, int], list[str]]:
    """The runs that are made together: task, model and seed → their keys, in the order of training."""
    keys: dict[tuple[str, str, int], list[str]] = {}
    for run in runs(study):
        if run.together:
            keys.setdefault((run.task, run.model, run.seed), []).append(run.key)
    return keys


def find_run(study: Study, key: str) -> Run:
    """The run with this key.

    Raises:
        UserError: if the study has no such run.
    """
    by_key = {run.key: run for run in runs(study)}
    if key not in by_key:
        raise UserError(f"preset '{study.preset}' has no run '{key}': {nearest(key, by_key)}")
    return by_key[key]


def settings(study: Study, run: Run) -> dict[str, Any]:
    """Everything in the configuration that the weights of a run depend on, the run it starts from apart."""
    return {
        "seed": run.seed,
        "task": entry(study, "tasks", run.task).settings,
        "model": entry(study, "models", run.model).settings,
        "objective": objective(study, run).settings,
        "training": study.training[run.training].model_dump(mode="json"),
        "validation": entry(study, "decoders", run.decoders[0]).settings,
    }


def _check_trainable(study: Study, run: Run) -> None:
    """A task of an experiment must give text, its objective a loss on batches, and its model what that loss needs."""
    task, model = entry(study, "tasks", run.task), entry(study, "models", run.model)
    trained_by = objective(study, run)
    for noun, thing, method in (("task", task, "prepare"), ("objective", trained_by, "losses")):
        if not hasattr(thing.cls, method):
            raise UserError(
                f"experiments: the {noun} kind '{thing.kind}' of run '{run.key}' is not for text; "
                f"it has its place in `illustration:`, `theory:` or `adversarial:`"
            )
    needed = getattr(trained_by.cls, "autoregressive_method", None)
    if needed and not hasattr(model.cls, needed):
        raise UserError(
            f"experiments: the objective kind '{trained_by.kind}' of run '{run.key}' trains only autoregressive models "
            f"that have `{needed}`, such as 'transformer'; the model kind '{model.kind}' is none of them"
        )
    if getattr(trained_by.cls, "needs_support", False) and not hasattr(task.cls, "distributions"):
        raise UserError(
            f"experiments: the objective kind '{trained_by.kind}' of run '{run.key}' needs a task whose p(y|x) is "
            f"known, such as 'grammar'; of the task kind '{task.kind}' it is not"
        )


def _check_references(study: Study) -> None:
    """Every start and control must be a run of the study, made in the same way; no run may be listed twice."""
    by_key: dict[str, Run] = {}
    for run in runs(study):
        if run.key in by_key:
            raise UserError(f"experiments: the run '{run.key}' is listed twice")
        by_key[run.key] = run
    for run in by_key.values():
        for role, objective in (("start_from", run.start_from), ("control", run.control)):
            if objective is None:
                continue
            other = by_key.get(run.sibling(objective))
            if other is None:
                raise UserError(f"experiments: {role} '{objective}' of run '{run.key}' is not trained in this study")
            if run.together != other.together:
                raise UserError(
                    f"experiments: run '{run.key}' and its {role} '{objective}' differ in `together`: set it for both"
                )


_REGISTRIES: dict[str, Registry] = {
    "tasks": TASKS,
    "models": MODELS,
    "objectives": OBJECTIVES,
    "decoders": DECODERS,
}
