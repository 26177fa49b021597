"""Outputs to look at: of a few sources p's most probable outputs, and what each model says, as p judges it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.display import HTML

from beyond_mle.report.arms import Arm
from beyond_mle.report.judged import Judged, judge
from beyond_mle.report.sources import Source, quoted
from beyond_mle.report.style import task_label
from beyond_mle.report.templates import fill
from beyond_mle.runs import Run
from beyond_mle.study import Study

SOURCES = 4
"""How many test sources are shown, from the first on."""
LIKELIEST = 5
"""How many of p's outputs are shown, or of the references where p is not known."""
Outputs = Callable[[Run, str], list[list[Any]]]
"""A run's outputs by one decoder, by its label."""


@dataclass(frozen=True)
class Row:
    """What one run says."""

    objective: str
    role: str
    said: Judged


@dataclass(frozen=True)
class System:
    """What a model says by one decoder, trained in different ways."""

    title: str
    rows: list[Row]


@dataclass(frozen=True)
class Example:
    """A source, and what there is to be said."""

    source: Source
    likeliest: list[Judged]
    """Under p; the references where it is not known."""
    systems: list[System]


@dataclass(frozen=True)
class World:
    """A task, by its examples."""

    title: str
    examples: list[Example]


def viewer(study: Study, data: Mapping[str, Any], arms: Sequence[Arm], outputs: Outputs) -> HTML:
    """A few sources of each task, to open and close.

    Args:
        study: names the tasks' substitutes.
        data: of tasks, by their labels.
        arms: whose outputs to show.
        outputs: of a run.
    """
    worlds = []
    for label, own in _by_task(arms).items():
        sources = quoted(data[label], SOURCES)
        worlds.append(World(_title(study, own[0]), _examples(sources, own, outputs, LIKELIEST)))
    return fill("examples.html.j2", worlds=worlds, first=SOURCES)


def single(study: Study, data: Mapping[str, Any], arms: Sequence[Arm], outputs: Outputs) -> HTML:
    """The first source alone, with p's likeliest output and what these arms of one task say: none without arms."""
    if not arms:
        return HTML("")
    sources = quoted(data[arms[0].job.run.task.label], 1)[:1]
    world = World(_title(study, arms[0]), _examples(sources, arms, outputs, 1))
    return fill("examples.html.j2", worlds=[world], first=1)


def _examples(sources: Sequence[Source], arms: Sequence[Arm], outputs: Outputs, likeliest: int) -> list[Example]:
    """The sources with the outputs of one task's arms."""
    said = [(arm, outputs(arm.job.run, arm.decoder)) for arm in arms]
    examples = []
    for source in sources:
        systems: dict[str, System] = {}
        for arm, texts in said:
            title = f"{arm.job.run.model.label}, {arm.decoder}, seed {arm.job.run.seed}"
            judged = judge(texts[source.index][0], source.truth)
            systems.setdefault(title, System(title, [])).rows.append(Row(arm.label, arm.role, judged))
        best = source.truth["outputs"] if source.truth is not None else source.references
        top = [judge(text, source.truth) for text in best[:likeliest]]
        examples.append(Example(source, top, list(systems.values())))
    return examples


def _by_task(arms: Iterable[Arm]) -> dict[str, list[Arm]]:
    """The arms of each task, by its label."""
    found: dict[str, list[Arm]] = {}
    for arm in arms:
        found.setdefault(arm.job.run.task.label, []).append(arm)
    return found


def _title(study: Study, arm: Arm) -> str:
    """What a task is called."""
    task = arm.job.run.task
    return task_label(study, task.name, task.swept)
