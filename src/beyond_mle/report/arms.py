"""Whose outputs the report quotes: the runs of each model on each task of text, of one seed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from beyond_mle.jobs import Job
from beyond_mle.report.style import ORACLE, named
from beyond_mle.runs import Run
from beyond_mle.types import TextSpec


@dataclass(frozen=True)
class Arm:
    """A run whose outputs are quoted."""

    job: Job
    decoder: str
    """By its label."""
    role: str
    """What it is to other runs, where it is something."""

    @property
    def label(self) -> str:
        """The objective, with what tells it from others."""
        choice, entry = self.job.run.objective, self.job.objective
        told = dict.fromkeys((*entry.options.headline, *choice.swept))
        return named(choice.name, {option: entry.settings[option] for option in told})


def arms(jobs: Mapping[str, Job], runs: Iterable[Run], decoders: Collection[str] = ()) -> list[Arm]:
    """The trained runs of the first seed of each model on each task of text.

    Args:
        jobs: those of the study.
        runs: which to choose from.
        decoders: whose outputs to quote, by name; by default those of a run's first one.
    """
    of_text = [run for run in runs if issubclass(jobs[run.key].task.cls.spec, TextSpec) and run.model.name != ORACLE]
    first: dict[tuple[str, str], int] = {}
    for run in of_text:
        first.setdefault((run.task.label, run.model.label), run.seed)
    chosen = [run for run in of_text if run.seed == first[run.task.label, run.model.label]]
    starts = {run.start_from.key for run in chosen if run.start_from}
    controls = {run.control.key for run in chosen if run.control}
    found = []
    for run in chosen:
        role = ", ".join(name for name, keys in (("first stage", starts), ("control", controls)) if run.key in keys)
        wanted = [one for one in run.decoders if one.name in decoders] if decoders else run.decoders[:1]
        found += [Arm(jobs[run.key], choice.label, role) for choice in wanted]
    return found


def three_arms(found: Iterable[Arm], model: str | None = None) -> list[Arm]:
    """A run that has both, after its first stage and its control: the first there is, of this model if it is there.

    Args:
        found: of `arms`, one decoder each.
        model: by its name.
    """
    by_key = {arm.job.run.key: arm for arm in found}
    complete = [
        [by_key[one.key] for one in (arm.job.run.start_from, arm.job.run.control, arm.job.run)]
        for arm in by_key.values()
        if arm.job.run.start_from and arm.job.run.control
    ]
    preferred = [three for three in complete if three[0].job.run.model.name == model]
    return next(iter([*preferred, *complete]), [])
