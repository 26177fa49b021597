"""The pages of a study: which there are, what each shows, and which files it needs.

A page is a notebook of its name; an experiment that names no page has one of its own, made by a notebook for any
experiment. What a page depends on follows from the methods of `Page` that its notebook calls.
"""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from beyond_mle.errors import UserError, nearest
from beyond_mle.jobs import Job, jobs
from beyond_mle.layout import Layout
from beyond_mle.report import results, style
from beyond_mle.report.arms import arms
from beyond_mle.report.claims import load_told
from beyond_mle.runs import Run, page_runs, pages
from beyond_mle.study import Study

INDEX = "index"
PUBLISHED = Path("config/published.yaml")
NOTEBOOKS = Path("notebooks")
ANY_EXPERIMENT = NOTEBOOKS / "experiment.py"


def study_pages(study: Study) -> list[str]:
    """The pages of a study: the index, then those that its experiments name."""
    return [INDEX, *(page for page in pages(study) if page != INDEX)]


def notebook_of(page: str) -> Path:
    """The notebook that makes a page."""
    own = NOTEBOOKS / f"{page}.py"
    return own if own.exists() else ANY_EXPERIMENT


def title_of(page: str) -> str:
    """The title of a page: the first heading of its notebook, or the name of the experiment that it shows."""
    notebook = notebook_of(page)
    if notebook == ANY_EXPERIMENT:
        return page.replace("-", " ").replace("_", " ").capitalize()
    heading = re.search(r"^# # (.+)$", notebook.read_text(encoding="utf-8"), re.MULTILINE)
    return heading.group(1) if heading else page


@dataclass(frozen=True)
class PageFiles:
    """A page of a study's report, as the workflow sees it."""

    name: str
    study: Study
    folder: Path
    """results/{preset}."""

    def __post_init__(self) -> None:
        known = study_pages(self.study)
        if self.name not in known:
            raise UserError(f"preset '{self.study.preset}' has no page '{self.name}': {nearest(self.name, known)}")

    @cached_property
    def layout(self) -> Layout:
        """Where the study's files lie."""
        return Layout(self.folder)

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """The jobs of the whole study."""
        return jobs(self.study)

    @cached_property
    def runs(self) -> list[Run]:
        """The runs that the page reports."""
        if self.name == INDEX:
            return [job.run for job in self.jobs.values()]
        return page_runs(self.study, self.name)

    @cached_property
    def sections(self) -> dict[str, str]:
        """Which section of the study each hyper-parameter's column belongs to."""
        return results.sections(self.jobs)

    @property
    def tasks(self) -> list[str]:
        """The labels of the tasks of those runs."""
        return list(dict.fromkeys(run.task.label for run in self.runs))

    @property
    def palette(self) -> dict[str, str]:
        """A colour per objective, the same on every page."""
        return style.palette(self.jobs.values())

    @property
    def caveat(self) -> str:
        """What a reader must bear in mind on this page, of all that the study's caveats say."""
        said = self.study.caveat
        kinds = dict.fromkeys(self.jobs[run.key].task.kind for run in self.runs)
        own = [said] if isinstance(said, str) else [said[kind] for kind in kinds if kind in said]
        return " ".join(dict.fromkeys(own))

    @cached_property
    def told(self) -> list[str]:
        """The claims with whose verdicts the page opens."""
        return [claim for file in self.study.claims for claim in load_told(Path(file)).get(self.name, [])]

    @property
    def titles(self) -> dict[str, str]:
        """The title of every page of the study, in order."""
        return {name: title_of(name) for name in study_pages(self.study)}

    @cached_property
    def outline(self) -> str:
        """What the page says of the study besides what its input files hold."""
        said = [self.study.preset, self.caveat, self.study.substitutes, self.palette, self.titles, self.told]
        shown = [[run.key, *(job.settings for job in [self.jobs[run.key]])] for run in self.runs]
        related = [[other and other.key for other in (run.start_from, run.control)] for run in self.runs]
        columns = sorted(results.hyper_parameters(self.jobs).values())
        return json.dumps([said, shown, related, columns, sorted(results.headlines(self.jobs))], sort_keys=True)

    def inputs(self) -> list[Path]:
        """The files that the page needs, as the calls in its notebook tell; it shows the speed files too."""
        used = set(re.findall(r"\bpage\.(\w+)", notebook_of(self.name).read_text(encoding="utf-8")))
        layout, keys = self.layout, [run.key for run in self.runs]
        prepared = [layout.prepared(task) for task in self.tasks]
        quoted = {arm.job.run.key: arm.job.decoders for arm in arms(self.jobs, self.runs)}
        said = [layout.outputs(key, label) for key, decoders in quoted.items() for label in decoders]
        files = {
            "table": [PUBLISHED, *([layout.page_table(self.name)] if keys and self.name != INDEX else [])],
            "paper": [PUBLISHED],
            "beside_paper": [*([layout.page_table(self.name)] if keys else [])],
            "scores": [layout.scores(key) for key in keys],
            "gain_parts": [PUBLISHED, *(layout.scores(key) for key in keys)],
            "skipped": [layout.scores(key) for key in keys],
            "logs": [layout.training_log(key) for key in keys],
            "learning_curves": [layout.training_log(key) for key in keys],
            "outputs": [layout.outputs(key, label) for key in keys for label in self.jobs[key].decoders],
            "cleaning": prepared,
            "data": prepared,
            "worlds": prepared,
            "examples": [*prepared, *said],
            "example": [*prepared, *said],
            **{key: [layout.scorecard] for key in ("scorecard", "claims")},
            "identities": [layout.identities],
            "errata": [layout.errata],
        }
        wanted = [file for name, own in files.items() if name in used for file in own]
        wanted += [layout.scorecard] if self.told else []
        return list(dict.fromkeys([*wanted, *(layout.summary(key) for key in keys)]))

    @property
    def speed_files(self) -> list[Path]:
        """The speed measurements that there are."""
        files = [self.layout.speed(task) for task in self.tasks]
        return [file for file in files if file.exists()]
