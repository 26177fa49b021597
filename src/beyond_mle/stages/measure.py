"""Measure one run by every yardstick that applies.

python -m beyond_mle measure --study results/default/studies/….yaml --results results/default \\
    --run grammar-ab/transformer/convex-exp,order=1/seed1

Writes scores.json into the run's folder: `scores`, a row per decoder and metric (and member of the run); `signatures`
of the libraries; `skipped`, the yardsticks that lack something, and what. items.npz has what the scores are made of, an
array [I] or [I, F] for each name that a row has under `items`.
"""

from typing import Any

import numpy as np

from beyond_mle.capabilities import References, describe, implements, lacking
from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import atomic, write_json
from beyond_mle.jobs import Entry, Job, find_job, yardsticks
from beyond_mle.layout import Layout
from beyond_mle.outputs import read_outputs
from beyond_mle.runs import Run
from beyond_mle.stages import command_line
from beyond_mle.stages.fitted import FittedRun, fitted
from beyond_mle.yardsticks.yardstick import Subject


def main() -> None:
    """Measure the run that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results", "run").parse_args()
    measure(find_job(load_resolved(arguments.study), arguments.run), Layout(arguments.results))


def measure(job: Job, layout: Layout) -> None:
    """Measure a run and write its scores.

    Raises:
        UserError: if its weights or outputs are missing or damaged.
    """
    rows: list[dict[str, Any]] = []
    items: dict[str, Any] = {}
    signatures: dict[str, str] = {}
    skipped: dict[str, str] = {}
    with fitted(job, layout) as found:
        for number, labels in enumerate(found.members):
            subject = _subject(found, number)
            for kind, entry in yardsticks(job.study).items():
                if not concerns(job, entry):
                    continue
                reason = why_not(job, entry)
                try:
                    scores = [] if reason else list(entry.make().measure(subject))
                except UserError as error:
                    reason, scores = str(error), []
                if reason:
                    skipped[kind] = reason
                for score in scores:
                    rows.append({"decoder": score.decoder, "metric": score.metric, "value": score.value, **labels})
                    rows[-1] |= {"certainty": score.certainty} if score.certainty != "exact" else {}
                    signatures |= {score.metric: score.signature} if score.signature else {}
                    if score.items_IF is not None and len(found.members) == 1:
                        rows[-1]["items"] = f"{score.decoder}/{score.metric}"
                        items[rows[-1]["items"]] = score.items_IF
    with atomic(layout.items(job.run.key)) as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, **items)
    write_json(layout.scores(job.run.key), {"scores": rows, "signatures": signatures, "skipped": skipped})


def concerns(job: Job, yardstick: Entry) -> bool:
    """Whether a yardstick is for runs of this kind."""
    return issubclass(job.task.cls.spec, yardstick.cls.accepts) and not lacking(yardstick.cls.concerns, *_able(job))


def why_not(job: Job, yardstick: Entry) -> str:
    """What a yardstick for this kind of runs needs and the run lacks; empty where nothing is lacking."""
    missing = lacking(yardstick.cls.needs, *_able(job))
    return f"needs {describe(missing[0])}" if missing else ""


def _able(job: Job) -> tuple[type, ...]:
    return job.task.cls.Data, job.model.cls, job.objective.cls


def _subject(found: FittedRun, member: int) -> Subject:
    job, (model, objective) = found.job, found.load(member)
    return Subject(
        data=found.data,
        model=model,
        objective=objective,
        evaluation=job.study.evaluation,
        outputs={label: _outputs(found, job.run, label) for label in job.decoders},
        control_outputs={label: _outputs(found, run, label) for run, label in job.compared},
        seed=job.run.seed,
    )


def _outputs(found: FittedRun, run: Run, decoder: str) -> list[list[Any]]:
    path = found.layout.outputs(run.key, decoder)
    outputs = read_outputs(path)
    if implements(type(found.data), References) and len(outputs) != (sources := len(found.data.references("test"))):
        raise UserError(f"{path}: {len(outputs)} lines for {sources} sources; sample the run again")
    return outputs
