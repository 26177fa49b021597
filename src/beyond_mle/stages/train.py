"""Train one run.

python -m beyond_mle.stages.train --config results/default/study.yaml --run grammar-ab/transformer/mle/seed1 \\
    --data results/default/data/grammar-ab --output results/default/runs/grammar-ab/transformer/mle/seed1

Writes model.safetensors, training.jsonl and training.json. Started again after an interruption it continues.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from beyond_mle import config
from beyond_mle.code_id import code_of_run
from beyond_mle.decoding.corpus import decode_corpus
from beyond_mle.errors import UserError, exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.stages import command_line, loading
from beyond_mle.stages.support import supports
from beyond_mle.text.batches import batches
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.task_data import TaskData
from beyond_mle.training import checkpoint, devices
from beyond_mle.training.loop import Fit, fit
from beyond_mle.types import Objective, Support, TextBatch
from beyond_mle.yardsticks import likelihood
from beyond_mle.yardsticks.overlap import overlap, overlap_metrics


def main() -> None:
    """Train the run that the command line names."""
    parser = command_line.parser(__doc__, "config", "run", "data", "output")
    parser.add_argument("--start-from", type=Path, help="weights to start from (second stage)")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    train(study, config.find_run(study, arguments.run), arguments.data, arguments.start_from, arguments.output)


def train(study: config.Study, run: config.Run, data_folder: Path, start_from: Path | None, output: Path) -> None:
    """Train a run and write its folder.

    Raises:
        UserError: if the start's weights are missing or of another model, or the training data is empty.
    """
    options = study.training[run.training]
    devices.prepare_cpu(options.threads)
    data = TaskData(data_folder)
    pairs = data.pairs("train")
    if not len(pairs):
        raise UserError(f"{data_folder}/train.jsonl holds no sentence pair; see cleaning.json for what was dropped")
    with devices.device(options.device) as device:
        model = loading.new_model(study, run, data)
        if run.start_from is not None:
            if start_from is None:
                raise UserError(f"run '{run.key}' starts from '{run.start_from}': give its weights by --start-from")
            checkpoint.load_weights(model, start_from)
        objective = _objective(config.objective(study, run), data)
        task = config.entry(study, "tasks", run.task)
        support = supports(task.cls(task.options), data, pairs) if objective.needs_support else None
        weights, state = fit(
            Fit(
                model=model,
                objective=objective,
                data=_TrainingPairs(pairs, options.batch_tokens, run.seed, support),
                validate=_Validation(study, run, data),
                options=options,
                seed=run.seed,
                device=device,
                folder=output,
                key=_resume_key(study, run, start_from),
            )
        )
        device_name = devices.name(device)
    checkpoint.save_weights(output / "model.safetensors", weights)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    summary = {
        "steps": state.step,
        "validations": state.validations,
        "parameters": parameters,
        "device": device_name,
    }
    write_json(output / "training.json", summary)


def _objective(entry: config.Entry, data: TaskData) -> Objective:
    """The objective; one that brings a player of its own makes it for the task's vocabulary."""
    if issubclass(entry.cls, nn.Module):
        return entry.cls(entry.options, data.tokenizer.get_vocab_size())
    return entry.cls(entry.options)


class _TrainingPairs:
    """The training split as the loop sees it."""

    def __init__(
        self, pairs: EncodedPairs, batch_tokens: int, seed: int, support: Callable[[np.ndarray], Support] | None
    ):
        self.pairs, self.batch_tokens, self.seed, self.support = pairs, batch_tokens, seed, support

    def epoch(self, number: int) -> list[np.ndarray]:
        """The batches of an epoch, as row numbers."""
        return batches(self.pairs.lengths, self.batch_tokens, self.seed, number)

    def batch(self, identifier: np.ndarray) -> TextBatch:
        """The pairs with these row numbers."""
        batch = self.pairs.batch(identifier)
        return batch if self.support is None else replace(batch, support=self.support(identifier))


class _Validation:
    """The yardstick on the first dev sentences; higher is better."""

    def __init__(self, study: config.Study, run: config.Run, data: TaskData):
        options = study.training[run.training]
        self.yardstick, self.evaluation = options.yardstick, study.evaluation
        self.pairs = data.pairs("dev").first(options.dev_sentences)
        self.references = data.references("dev")[: len(self.pairs)]
        self.data = data
        self.decoder = loading.decoder(study, run.decoders[0])
        task = config.entry(study, "tasks", run.task)
        self.metrics = {"bleu": overlap_metrics(task.cls(task.options).scoring)["bleu"]}

    def __call__(self, model: nn.Module) -> float:
        """BLEU of the run's first decoder, or the negative NLL per token."""
        if self.yardstick == "nll":
            return -likelihood.held_out(model, self.pairs, self.evaluation.batch_tokens)["nll-token"]
        batch_size = self.evaluation.batch_size
        outputs = decode_corpus(self.decoder, model, self.pairs.sources(), batch_size, model.device)
        return overlap(self.data.decode(outputs), self.references, self.metrics).metrics["bleu"]


def _resume_key(study: config.Study, run: config.Run, start_from: Path | None) -> str:
    """What a resumable state must agree in: the run's settings, its code, and the weights it started from."""
    start = hashlib.sha256(start_from.read_bytes()).hexdigest() if start_from is not None else ""
    code = code_of_run(study, run, run.decoders[0], "beyond_mle.stages.train")
    text = json.dumps([config.settings(study, run), code, start], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    exit_cleanly(main)
