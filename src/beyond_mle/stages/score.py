"""Score decoded outputs against the references, against p where it is known, and against the control's outputs.

python -m beyond_mle.stages.score --config results/default/study.yaml --run grammar-ab/transformer/convex-exp/seed1 \\
    --data results/default/data/grammar-ab --decoded …/convex-exp/seed1/decoded/greedy.jsonl \\
    --control …/mle-continued/seed1/decoded/greedy.jsonl --output …/convex-exp/seed1/scores/greedy.json
"""

from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from beyond_mle import config
from beyond_mle.errors import UserError, exit_cleanly
from beyond_mle.files import read_jsonl, write_json
from beyond_mle.stages import command_line
from beyond_mle.text.task_data import TaskData
from beyond_mle.yardsticks.outputs import measure
from beyond_mle.yardsticks.overlap import overlap_metrics
from beyond_mle.yardsticks.significance import paired_overlap


def main() -> None:
    """Score the outputs that the command line names."""
    parser = command_line.parser(__doc__, "config", "run", "data", "output")
    parser.add_argument("--decoded", type=Path, required=True, help="the run's outputs")
    parser.add_argument("--control", type=Path, help="the control's outputs, by the same decoder")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    run = config.find_run(study, arguments.run)
    write_json(arguments.output, score(study, run, arguments.data, arguments.decoded, arguments.control))


def score(
    study: config.Study, run: config.Run, data_folder: Path, decoded: Path, control: Path | None
) -> dict[str, Any]:
    """The contents of a score file.

    Where each source has several outputs, which are samples, the scores are over all of them, and they are not compared
    with the control's: the samples of a source are no sentences of their own.

    Raises:
        UserError: if a file of outputs has not one line per test source, or not equally many outputs in each.
    """
    data = TaskData(data_folder)
    references, truth = data.references("test"), data.truth()
    task = config.entry(study, "tasks", run.task)
    scoring = task.cls(task.options).scoring
    outputs = _read_outputs(decoded, len(references))
    scores = measure(outputs, references, truth, scoring)
    paired = {}
    if control is not None and len(outputs[0]) == 1:
        samples = study.evaluation.bootstrap_samples
        ours, others = (list(chain(*side)) for side in (outputs, _read_outputs(control, len(references), 1)))
        against = paired_overlap(ours, others, references, overlap_metrics(scoring), samples)
        paired = {name: {"control": run.control, **asdict(value)} for name, value in against.items()}
    return {"metrics": scores.metrics, "signatures": scores.signatures, "paired": paired}


def _read_outputs(path: Path, sources: int, each: int | None = None) -> list[list[str]]:
    """The outputs of each source, equally many: `each`, or else as many as the first source has."""
    rows = read_jsonl(path)
    if len(rows) != sources:
        raise UserError(f"{path}: {len(rows)} lines for {sources} test sources; decode the run again")
    for number, row in enumerate(rows, start=1):
        outputs = row.get("outputs") if isinstance(row, dict) else None
        if not outputs or not isinstance(outputs, list) or not all(isinstance(text, str) for text in outputs):
            raise UserError(f"{path}, line {number}: no texts under 'outputs'; decode the run again")
        each = each or len(outputs)
        if len(outputs) != each:
            raise UserError(f"{path}, line {number}: {len(outputs)} outputs instead of {each}; decode the run again")
    return [row["outputs"] for row in rows]


if __name__ == "__main__":
    exit_cleanly(main)
