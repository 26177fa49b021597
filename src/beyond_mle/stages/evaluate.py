"""Measure what needs a run's own probabilities: NLL, entropy, and, where p is known, KL[P‖Q] and the like.

python -m beyond_mle.stages.evaluate --config results/default/study.yaml --run grammar-ab/transformer/mle/seed1 \\
    --data results/default/data/grammar-ab --weights …/seed1/model.safetensors --output …/seed1/scores/model.json
"""

from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.stages import command_line, loading
from beyond_mle.study import Evaluation
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.task_data import TaskData
from beyond_mle.yardsticks import known_p, likelihood


def main() -> None:
    """Evaluate the run that the command line names."""
    parser = command_line.parser(__doc__, "config", "run", "data", "weights", "output")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    run = config.find_run(study, arguments.run)
    evaluate(study, run, arguments.data, arguments.weights, arguments.output)


def evaluate(study: config.Study, run: config.Run, data_folder: Path, weights: Path, output: Path) -> None:
    """Measure a run and write its score file.

    Raises:
        UserError: if the weights are missing or of another model.
    """
    data = TaskData(data_folder)
    test = data.pairs("test")
    with loading.on_device(study, run, data, weights) as model:
        metrics = likelihood.held_out(model, test, study.evaluation.batch_tokens)
        truth = data.truth()
        if truth is not None:
            metrics |= _against_truth(model, data, test, truth[: study.evaluation.enumerate_sources], study.evaluation)
    write_json(output, {"metrics": metrics, "signatures": {}, "paired": {}})


def _against_truth(
    model: nn.Module,
    data: TaskData,
    test: EncodedPairs,
    truth: list[dict[str, Any]],
    evaluation: Evaluation,
) -> dict[str, float]:
    """The exact comparison with p, by the model's log q of every output in p's support."""
    sources = [test.source(index) for index, row in enumerate(truth) for _ in row["outputs"]]
    outputs = [output for row in truth for output in row["outputs"]]
    pairs = EncodedPairs.from_pairs(sources, data.encode(outputs))
    log_q = likelihood.log_probs(model, pairs, evaluation.batch_tokens)
    ends = np.cumsum([len(row["outputs"]) for row in truth])
    return known_p.model_metrics(truth, np.split(log_q, ends[:-1]))


if __name__ == "__main__":
    exit_cleanly(main)
