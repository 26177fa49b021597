"""Score decoded outputs against the references, against p where it is known, and against the control's outputs.

python -m beyond_mle.stages.score --config results/default/study.yaml --run grammar-ab/transformer/convex-exp/seed1 \\
    --data results/default/data/grammar-ab --decoded …/convex-exp/seed1/decoded/greedy.jsonl \\
    --control …/mle-continued/seed1/decoded/greedy.jsonl --output …/convex-exp/seed1/scores/greedy.json
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from beyond_mle import config
from beyond_mle.errors import UserError, exit_cleanly
from beyond_mle.files import read_jsonl, write_json
from beyond_mle.stages import command_line
from beyond_mle.text.task_data import TaskData
from beyond_mle.yardsticks import known_p
from beyond_mle.yardsticks.overlap import overlap, overlap_metrics
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

    Raises:
        UserError: if an output file has not one line per test source.
    """
    data = TaskData(data_folder)
    references, truth = data.references("test"), data.truth()
    task = config.entry(study, "tasks", run.task)
    metrics = overlap_metrics(task.cls(task.options).scoring)
    outputs = _outputs(decoded, len(references))
    scores = overlap(outputs, references, metrics)
    values = scores.metrics | (known_p.output_metrics(truth, outputs) if truth else {})
    paired = {}
    if control is not None:
        samples = study.evaluation.bootstrap_samples
        against = paired_overlap(outputs, _outputs(control, len(references)), references, metrics, samples)
        paired = {name: {"control": run.control, **asdict(value)} for name, value in against.items()}
    return {"metrics": values, "signatures": scores.signatures, "paired": paired}


def _outputs(path: Path, expected: int) -> list[str]:
    outputs = [row["output"] for row in read_jsonl(path)]
    if len(outputs) != expected:
        raise UserError(f"{path}: {len(outputs)} outputs for {expected} test sources; decode the run again")
    return outputs


if __name__ == "__main__":
    exit_cleanly(main)
