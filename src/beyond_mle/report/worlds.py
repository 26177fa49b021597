"""The worlds of a page, each introduced by what its kind says of itself and by an example."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from IPython.display import HTML
from markupsafe import Markup
from nbconvert.filters import markdown2html_mistune

from beyond_mle.capabilities import References, implements
from beyond_mle.jobs import Job
from beyond_mle.report.sources import Source, quoted
from beyond_mle.report.style import task_label
from beyond_mle.report.templates import fill
from beyond_mle.study import Study
from beyond_mle.tasks.illustration import Illustrated, Illustration


@dataclass(frozen=True)
class Introduced:
    """A task by an example."""

    title: str
    source: Source
    illustration: Illustration | None
    """Of a task that can take its sources apart."""


@dataclass(frozen=True)
class Kind:
    """Tasks of one kind."""

    prose: Markup
    """What the class says of itself."""
    titles: list[str]
    tasks: list[Introduced]
    """Those of text."""


def introductions(study: Study, jobs: Iterable[Job], data: Mapping[str, Any]) -> HTML:
    """Every task of some runs, those of one kind together.

    An example is the first garden path of the test split, where p is known and there is one, or else the first source.

    Args:
        study: names the tasks' substitutes.
        jobs: of the runs.
        data: of their tasks, by label.
    """
    kinds: dict[str, Kind] = {}
    for label, job in {job.run.task.label: job for job in jobs}.items():
        prose = Markup(markdown2html_mistune(inspect.getdoc(job.task.cls) or ""))
        kind = kinds.setdefault(job.task.kind, Kind(prose, [], []))
        kind.titles.append(task_label(study, job.run.task.name, job.run.task.swept))
        if implements(job.task.cls.Data, References):
            kind.tasks.append(_introduced(kind.titles[-1], job, data[label]))
    return fill("worlds.html.j2", kinds=list(kinds.values()))


def _introduced(title: str, job: Job, data: Any) -> Introduced:
    found = quoted(data, 1)
    source = next((one for one in found if one.garden_path), found[0])
    task: Any = job.task.make()
    illustration = task.illustrate(source.text) if implements(job.task.cls, Illustrated) else None
    return Introduced(title, source, illustration)
