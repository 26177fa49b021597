"""Configurations: read, extended, and checked down to every option and what the parts of a run need of each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from beyond_mle.capabilities import Minibatches, Settable, Whole, describe, implements, lacking
from beyond_mle.errors import UserError, nearest
from beyond_mle.files import read_yaml, write_text
from beyond_mle.jobs import REGISTRIES, Entry, Job, entry, jobs, yardsticks
from beyond_mle.options import parse
from beyond_mle.plugins import load_plugins
from beyond_mle.references import Choice
from beyond_mle.registry import TASKS
from beyond_mle.study import Study


def load(path: Path) -> Study:
    """Read a configuration file and check all of it.

    Raises:
        UserError: on YAML that does not parse, an unknown key or kind, or a name that is not defined.
    """
    return check(extend(_read(path), Path(path).parent))


def load_resolved(path: Path) -> Study:
    """Read a configuration that was checked before, such as what `save` wrote; the options of each kind are checked
    when they are used, so that a stage imports only what it needs.

    Raises:
        UserError: if the file is missing or not a configuration.
    """
    study = parse(Study, _inherited(extend(_read(path), Path(path).parent)), "")
    load_plugins(study.plugins)
    return study


def extend(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Lay `values` over the configuration that their key `extends` names, a file of the same folder.

    Mappings are merged key by key; anything else replaces what it stands over, and so does the reference to a task, a
    model or a solver: its name and options belong together. A null in place of an entry of a section, an experiment or
    a stage takes it away.

    Raises:
        UserError: if that file is missing or not YAML.
    """
    if "extends" not in values:
        return dict(values)
    base = folder / values["extends"]
    own = {key: value for key, value in values.items() if key != "extends"}
    return _merge(extend(_read(base), folder), own)


def resolved(study: Study) -> str:
    """The checked configuration as YAML; equal studies give equal texts."""
    return yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def save(study: Study, path: Path) -> None:
    """Write the checked configuration."""
    write_text(path, resolved(study))


def check(values: dict[str, Any]) -> Study:
    """Check a configuration given as a mapping, down to the options of every kind and every name it uses.

    Raises:
        UserError: naming the key at fault.
    """
    study = parse(Study, _inherited(values), "")
    load_plugins(study.plugins)
    for section in REGISTRIES:
        for name in getattr(study, section):
            _check_defined(study, section, name)
    yardsticks(study)
    if not isinstance(study.caveat, str) and (strange := set(study.caveat) - set(TASKS)):
        raise UserError(f"caveat: there is no kind of task '{min(strange)}': {nearest(min(strange), TASKS)}")
    for job in jobs(study).values():
        check_job(job)
    if unknown := set(study.speed_of) - set(study.experiments):
        name = min(unknown)
        raise UserError(f"speed_of: there is no experiment '{name}': {nearest(name, study.experiments)}")
    return study


def check_job(job: Job) -> None:
    """Whether the parts of a run fit each other: the kind of data, and what each needs that another must have.

    Raises:
        UserError: naming the two that do not.
    """
    where = f"experiments.{job.run.experiment}: run '{job.run.key}'"
    kind = job.task.cls.spec
    parts: list[tuple[str, Entry[Any]]] = [("model", job.model), *(("decoder", one) for one in job.decoders.values())]
    for noun, part in parts:
        if not issubclass(kind, part.cls.accepts):
            raise UserError(
                f"{where}: {noun} kind '{part.kind}' is for {_data(part.cls.accepts)}, "
                f"but task kind '{job.task.kind}' has {_data(kind)}"
            )
    if implements(job.model.cls, Settable) and Settable not in job.solver.cls.needs:
        raise UserError(
            f"{where}: solver kind '{job.solver.kind}' fits parameters, and model kind '{job.model.kind}' has none"
        )
    able = (job.task.cls.Data, job.model.cls, job.objective.cls)
    # A solver shows its objective either all of p or batches of samples, whatever else the data have.
    hidden = Minibatches if Whole in job.solver.cls.needs else Whole
    parts = [("objective", job.objective), ("solver", job.solver)]
    for noun, part in parts:
        for need in lacking(part.cls.needs, *able, without=hidden):
            missing = f"neither model kind '{job.model.kind}' nor task kind '{job.task.kind}' has"
            if not lacking([need], *able):
                missing = f"solver kind '{job.solver.kind}' does not show it"
            raise UserError(f"{where}: {noun} kind '{part.kind}' needs {describe(need)}, which {missing}")
    for refused in getattr(job.objective.cls, "refuses", ()):
        if implements(job.model.cls, refused):
            raise UserError(
                f"{where}: objective kind '{job.objective.kind}' needs more than {describe(refused)}, which is what "
                f"model kind '{job.model.kind}' has"
            )
    _check_validation(job, where)
    for decoder in job.decoders.values():
        for need in lacking(decoder.cls.needs, job.model.cls, job.objective.cls):
            raise UserError(
                f"{where}: decoder kind '{decoder.kind}' needs {describe(need)}, which neither model kind "
                f"'{job.model.kind}' nor objective kind '{job.objective.kind}' has"
            )


def _check_validation(job: Job, where: str) -> None:
    """Whether what the solver is to validate by can be measured."""
    if job.validated_by is None:
        return
    yardstick, metric = job.validated_by
    missing = lacking(yardstick.cls.needs, job.task.cls.Data, job.model.cls, job.objective.cls)
    reason = f"needs {describe(missing[0])}" if missing else ""
    if not issubclass(job.task.cls.spec, yardstick.cls.accepts):
        reason = f"is for {_data(yardstick.cls.accepts)}"
    if reason:
        raise UserError(
            f"{where}: `validation: {metric.name}` of solver '{job.run.solver.name}' cannot be measured: "
            f"yardstick '{yardstick.kind}' {reason}"
        )


def _data(spec: type) -> str:
    """A kind of data in words: the first sentence of its documentation."""
    return (spec.__doc__ or spec.__name__).split(".")[0].lower()


def _check_defined(study: Study, section: str, name: str) -> Entry[Any]:
    return entry(study, section, Choice(name))


def _inherited(values: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with every `inherits` of an experiment carried out, from another experiment or a template, and
    without what a null takes away: entries of sections, experiments, and their stages."""
    sections = {*REGISTRIES, "experiments"}
    values = {key: _without_nulls(value) if key in sections else value for key, value in values.items()}
    templates = values.pop("templates", None) or {}
    experiments = values.get("experiments")
    if not isinstance(experiments, Mapping):
        return values
    known = {**templates, **experiments}

    def whole(name: str, chain: tuple[str, ...] = ()) -> Any:
        own = known[name]
        if not isinstance(own, Mapping) or "inherits" not in own:
            return own
        base = own["inherits"]
        if base in chain or base == name:
            raise UserError(f"experiments.{name}: inherits from itself, by way of {', '.join((*chain, name))}")
        if base not in known:
            raise UserError(f"experiments.{name}.inherits: there is no '{base}': {nearest(str(base), known)}")
        rest = {key: value for key, value in own.items() if key != "inherits"}
        return _merge(whole(base, (*chain, name)), rest, "experiments", name)

    found = {name: whole(name) for name in experiments}
    for own in found.values():
        if isinstance(own, dict) and "stages" in own:
            own["stages"] = _without_nulls(own["stages"])
    return {**values, "experiments": found}


def _read(path: Path) -> dict[str, Any]:
    values = read_yaml(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: a configuration is a mapping of keys to values")
    return values


def _merge(base: Mapping[str, Any], over: Mapping[str, Any], *place: str) -> dict[str, Any]:
    """`over` laid over `base`; both stand at this place in the configuration."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merge = both and not _is_reference(*place, key)
        merged[key] = _merge(merged[key], value, *place, key) if merge else value
    return merged


def _is_reference(*place: str) -> bool:
    """Whether the reference to a task, a model or a solver stands there."""
    section, *inside = place
    of_stage = len(inside) == 4 and inside[1] == "stages" and inside[3] == "solver"
    return section == "experiments" and (of_stage or (len(inside) == 2 and inside[1] in ("task", "model")))


def _without_nulls(entries: Any) -> Any:
    """The entries of a section that a null has not taken away."""
    if not isinstance(entries, dict):
        return entries
    return {name: entry for name, entry in entries.items() if entry is not None}
