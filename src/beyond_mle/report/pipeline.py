"""The study at a glance: which rules a number passes through, and how many jobs each rule has."""

from collections.abc import Mapping

from IPython.display import HTML

from beyond_mle.jobs import Job
from beyond_mle.report.templates import fill

RULES = {
    "prepare": "data, and p where it is known",
    "train": "fit a model by an objective",
    "sample": "outputs by a decoder",
    "measure": "by every yardstick that applies",
    "collect": "the long table",
    "scorecard": "claims and verdicts",
    "render": "the pages",
}
"""The rules that every study has, in order, and what each makes."""


def pipeline(jobs: Mapping[str, Job], pages: int) -> HTML:
    """The rules in order.

    Args:
        jobs: those of the study.
        pages: how many it has.
    """
    counts = {
        "prepare": len({job.run.task.label for job in jobs.values()}),
        "train": len(jobs),
        "sample": sum(len(job.decoders) for job in jobs.values()),
        "measure": len(jobs),
        "collect": 1,
        "scorecard": 1,
        "render": pages,
    }
    return fill("pipeline.html.j2", steps=[(rule, counts[rule], made) for rule, made in RULES.items()])
