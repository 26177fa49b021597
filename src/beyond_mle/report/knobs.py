"""What was turned from run to run: knobs of tasks, objectives and decoders, read from their options."""

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from beyond_mle import config

RUN = ["task", "model", "objective"]


def task_sweep(study: config.Study, tasks: Iterable[str], knobs: Sequence[str]) -> pd.DataFrame:
    """The tasks that differ from another one in nothing but these knobs, with their settings of them.

    Returns:
        The columns task, *knobs.
    """
    settings = {task: config.entry(study, "tasks", task).settings for task in tasks}
    rows = [[task, *map(settings[task].get, knobs)] for task in _swept(settings, knobs)]
    return pd.DataFrame(rows, columns=["task", *knobs])


def objective_sweep(
    study: config.Study, runs: Iterable[config.Run], knob: str, control: float | None = None
) -> pd.DataFrame:
    """The objectives that differ from another one, for the same model on the same task, in nothing but this knob.

    Args:
        study: has the objectives' options.
        runs: among which to look.
        knob: an option, such as `order` or `pi`.
        control: where on the knob's axis their control stands; by default it is left out.

    Returns:
        The columns `RUN` and the knob.
    """
    by_name = {(run.task, run.model, run.objective): run for run in runs}
    settings = {
        key: {"task": run.task, "model": run.model, "training": run.training, **config.objective(study, run).settings}
        for key, run in by_name.items()
    }
    swept = [key for key in _swept(settings, [knob]) if knob in settings[key]]
    rows = {key: settings[key][knob] for key in swept}
    if control is not None:
        rows |= {(*key[:2], by_name[key].control): control for key in swept if by_name[key].control}
    return pd.DataFrame([[*key, value] for key, value in rows.items()], columns=[*RUN, knob])


def objective_kinds(study: config.Study, runs: Iterable[config.Run]) -> pd.DataFrame:
    """The kind of each objective: the columns `RUN` and kind."""
    kinds = {(run.task, run.model, run.objective): config.objective(study, run).kind for run in runs}
    return pd.DataFrame([[*key, kind] for key, kind in kinds.items()], columns=[*RUN, "kind"])


def temperatures(study: config.Study, decoders: Iterable[str]) -> pd.DataFrame:
    """The decoders that draw samples, with their temperatures: the columns decoder, temperature."""
    options = {name: config.entry(study, "decoders", name).options for name in decoders if name in study.decoders}
    rows = [[name, own.temperature] for name, own in options.items() if hasattr(own, "temperature")]
    return pd.DataFrame(rows, columns=["decoder", "temperature"]).astype({"temperature": float})


def join(rows: pd.DataFrame, knobs: pd.DataFrame) -> pd.DataFrame:
    """The rows that `knobs` speaks of, with their knobs; a column of the same name in `rows` gives way."""
    keys = [name for name in (*RUN, "decoder") if name in knobs]
    turned = [name for name in knobs if name not in keys]
    return rows.drop(columns=turned, errors="ignore").merge(knobs, on=keys)


def _swept(settings: Mapping[Hashable, dict[str, Any]], knobs: Sequence[str]) -> list:
    """The keys of the settings that differ from others, or are the same, but for these knobs."""
    rest = {
        key: json.dumps({name: value for name, value in own.items() if name not in knobs}, sort_keys=True)
        for key, own in settings.items()
    }
    counts = Counter(rest.values())
    return [key for key in settings if counts[rest[key]] > 1]
