"""The long table: every number of a study is a row.

Its columns are `BASE`, then one for each hyper-parameter that varies, found from the configuration, and the labels of a
run's members. A hyper-parameter's column has its name; where several sections have an option of that name, the first of
`SECTIONS` has it plain and the others as `section.option`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from beyond_mle.errors import UserError
from beyond_mle.files import read_json
from beyond_mle.jobs import Entry, Job
from beyond_mle.layout import Layout

BASE = [
    *("task", "model", "objective", "solver", "decoder", "metric", "seed", "value"),
    *("control", "exact", "certainty", "system", "items"),
]
"""`control`: the objective that the row's run is compared with; `exact`: whether the number depends on no seed;
`system`: the run's folder without the seed; `items`: under what name its items.npz has what the number is made of."""
SECTIONS = ("objective", "decoder", "task", "model", "solver")
_RESERVED = {*BASE, "kind", "branch", "is_global"}


def long_table(jobs: Mapping[str, Job], layout: Layout, runs: Iterable[str], *, headline: bool = False) -> pd.DataFrame:
    """The rows of these runs, in the order of the study.

    Args:
        jobs: of the whole study, which decide the columns.
        layout: where the scores lie.
        runs: the keys of the runs to read.
        headline: only the hyper-parameters that tell variants apart: those that a sweep of the study names, and those
            that a kind calls its `headline`; by default all that vary.

    Raises:
        UserError: if a score file is missing or is not a score file.
    """
    columns = hyper_parameters(jobs)
    if headline:
        wanted = headlines(jobs)
        columns = {key: name for key, name in columns.items() if key in wanted}
    rows: list[dict[str, Any]] = []
    for key in runs:
        job = jobs[key]
        own = _values(columns, {"objective": job.objective, "task": job.task, "model": job.model, "solver": job.solver})
        decoders = {label: _values(columns, {"decoder": entry}) for label, entry in job.decoders.items()}
        names = {choice.label: choice.name for choice in job.run.decoders}
        control = job.run.control
        shared = {
            "task": job.run.task.name,
            "model": job.run.model.name,
            "objective": job.run.objective.name,
            "solver": job.run.solver.name,
            "seed": job.run.seed,
            "control": control.objective.name if control is not None else None,
            "exact": job.solver.cls.exact,
            "system": system_of(job),
            **own,
        }
        for score in (*_scores(layout, key), *_comet(job, layout)):
            label = score["decoder"]
            rows.append({**shared, **decoders.get(label, {}), **score, "decoder": names.get(label, label)})
    labels = dict.fromkeys(name for row in rows for name in row)
    ordered = [*BASE, *columns.values(), *(name for name in labels if name not in (*BASE, *columns.values()))]
    table = pd.DataFrame(rows, columns=ordered)
    table["certainty"] = table["certainty"].astype(object).fillna("exact")
    return table


def read_rows(path: Path) -> pd.DataFrame:
    """Rows of the long table, from a file.

    Raises:
        UserError: if there is no such file yet.
    """
    try:
        return pd.read_csv(path, low_memory=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run snakemake to make it") from None


def system_of(job: Job) -> str:
    """Task, model and objective of a run, by their labels."""
    return job.run.key.rpartition("/")[0]


def controls(jobs: Mapping[str, Job]) -> dict[str, str]:
    """Of each system that has one, the system of its control."""
    return {
        system_of(job): job.run.control.key.rpartition("/")[0] for job in jobs.values() if job.run.control is not None
    }


def hyper_parameters(jobs: Mapping[str, Job]) -> dict[tuple[str, str], str]:
    """The hyper-parameters that vary among the runs of a study or are a headline: (section, option) → column."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for section, entry in _entries(jobs):
        for option, value in _flat(entry.settings):
            found[section, option].add(json.dumps(value))
    kept = {key for key, values in found.items() if len(values) > 1} | headlines(jobs)
    columns: dict[tuple[str, str], str] = {}
    for section in SECTIONS:
        for own, option in sorted(kept):
            if own == section:
                plain = section != "solver" and option not in _RESERVED and option not in columns.values()
                columns[own, option] = option if plain else f"{section}.{option}"
    return columns


def sections(jobs: Mapping[str, Job]) -> dict[str, str]:
    """Which section each hyper-parameter's column belongs to: column → one of `SECTIONS`."""
    return {name: section for (section, _), name in hyper_parameters(jobs).items()}


def decoder_values(columns: Mapping[tuple[str, str], str], entry: Entry) -> dict[str, Any]:
    """What stands for this decoder in the columns of `hyper_parameters`."""
    return _values(columns, {"decoder": entry})


def headlines(jobs: Mapping[str, Job]) -> set[tuple[str, str]]:
    """The hyper-parameters that tell variants apart in the report."""
    found = {
        (section, option) for section, entry in _entries(jobs) for option in getattr(entry.cls.Options, "headline", ())
    }
    for job in jobs.values():
        for section in ("task", "model", "objective"):
            found |= {(section, option) for option in getattr(job.run, section).swept}
        found |= {("decoder", option) for choice in job.run.decoders for option in choice.swept}
    return found


def skipped(jobs: Mapping[str, Job], layout: Layout, runs: Iterable[str]) -> pd.DataFrame:
    """What was not measured, and why: the columns yardstick, why, and the task, model and objective."""
    rows = [
        {
            "yardstick": kind,
            "why": why,
            "task": jobs[key].run.task.label,
            "model": jobs[key].run.model.label,
            "objective": jobs[key].run.objective.label,
        }
        for key in runs
        for kind, why in _read(layout, key)["skipped"].items()
    ]
    return pd.DataFrame(rows, columns=["yardstick", "why", "task", "model", "objective"])


def _entries(jobs: Mapping[str, Job]) -> Iterator[tuple[str, Entry]]:
    for job in jobs.values():
        yield "task", job.task
        yield "model", job.model
        yield "objective", job.objective
        yield "solver", job.solver
        for entry in job.decoders.values():
            yield "decoder", entry


def _values(columns: Mapping[tuple[str, str], str], entries: Mapping[str, Entry]) -> dict[str, Any]:
    """The values of the columns that these entries have."""
    settings = {section: dict(_flat(entry.settings)) for section, entry in entries.items()}
    return {
        name: settings[section][option]
        for (section, option), name in columns.items()
        if section in settings and option in settings[section]
    }


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The options with plain values, those of nested ones with dots between; lists as text."""
    for option, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{option}.")
        else:
            yield prefix + option, json.dumps(value) if isinstance(value, list) else value


def _scores(layout: Layout, key: str) -> list[dict[str, Any]]:
    return _read(layout, key)["scores"]


def _comet(job: Job, layout: Layout) -> Iterator[dict[str, Any]]:
    if job.study.evaluation.comet_model is not None:
        for label in job.decoders:
            score = read_json(layout.comet(job.run.key, label))
            yield {"decoder": label, "metric": "comet", "value": score["comet"]}


def _read(layout: Layout, key: str) -> dict[str, Any]:
    path = layout.scores(key)
    try:
        found = read_json(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file, although the study lists it; run snakemake to make it") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); delete it and run snakemake again") from None
    if not isinstance(found, dict) or "scores" not in found:
        raise UserError(f"{path}: not a score file: it has no 'scores'")
    return found


def identity(table: pd.DataFrame) -> list[str]:
    """The columns that tell two numbers of a table apart; seeds of one such cell are repetitions."""
    told = {"seed", "value", *BASE[BASE.index("control") :]}
    return [name for name in table if name not in told]


def measured(rows: pd.DataFrame, metrics: Sequence[str], decoder: str | None = None) -> pd.DataFrame:
    """The rows of these metrics, in this order, and of one decoder if it is given."""
    kept = pd.concat([rows.iloc[:0], *(rows[rows.metric == metric] for metric in metrics)])
    return kept if decoder is None else kept[kept.decoder == decoder]


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and sample sd over seeds: `identity`, mean, sd, n_seeds and system, in order of first appearance."""
    groups = rows.groupby(identity(rows), sort=False, dropna=False)
    cells = groups["value"].agg(mean="mean", sd="std", n_seeds="count").reset_index()
    return cells.assign(system=groups["system"].first().to_numpy() if "system" in rows else None)


def column(rows: pd.DataFrame, name: str) -> pd.Series:
    """A column of a table; of one that does not have it, nothing for every row."""
    return rows[name] if name in rows else pd.Series(float("nan"), rows.index)
