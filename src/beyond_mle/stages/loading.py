"""What the stages that run a model load: the task's folder, the model, a decoder."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from beyond_mle import config
from beyond_mle.files import read_jsonl
from beyond_mle.text import vocabulary
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.training import checkpoint, devices


@dataclass(frozen=True)
class TaskData:
    """A prepared text task, read from its folder as far as it is asked for."""

    folder: Path

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The joint vocabulary."""
        return vocabulary.load(self.folder / "vocabulary.json")

    def pairs(self, split: str) -> EncodedPairs:
        """The encoded pairs of a split."""
        return EncodedPairs.load(self.folder / f"{split}.npz")

    def references(self, split: str) -> list[list[str]]:
        """All targets of each source of a split."""
        return [row["targets"] for row in read_jsonl(self.folder / f"{split}.jsonl")]

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids without boundary symbols."""
        return vocabulary.encode(self.tokenizer, texts)

    def decode(self, outputs: list[list[int]]) -> list[str]:
        """Token ids as text."""
        return [vocabulary.decode(self.tokenizer, ids) for ids in outputs]

    def truth(self) -> list[dict[str, Any]] | None:
        """The exact p(y|x) of the test sources, where the task knows it."""
        return read_jsonl(self.folder / "truth.jsonl") or None


def new_model(study: config.Study, run: config.Run, data: TaskData) -> nn.Module:
    """The run's model with fresh weights, drawn from its seed."""
    torch.manual_seed(run.seed)
    model = config.entry(study, "models", run.model)
    return model.cls(model.options, data.tokenizer.get_vocab_size())


@contextmanager
def trained_run(arguments: argparse.Namespace) -> Iterator[tuple[config.Study, config.Run, TaskData, nn.Module]]:
    """What a command line names by its config, run, data and weights: the model is ready, on the run's device."""
    study = config.load_resolved(arguments.config)
    run = config.find_run(study, arguments.run)
    data = TaskData(arguments.data)
    training = study.training[run.training]
    devices.prepare_cpu(training.threads)
    with devices.device(training.device) as device:
        yield study, run, data, trained_model(study, run, data, arguments.weights).to(device)


def trained_model(study: config.Study, run: config.Run, data: TaskData, weights: Path) -> nn.Module:
    """The run's model with trained weights, ready for evaluation."""
    model = new_model(study, run, data)
    checkpoint.load_weights(model, weights)
    return model.eval()


def decoder(study: config.Study, name: str) -> Any:
    """The configured decoder of this name."""
    found = config.entry(study, "decoders", name)
    return found.cls(found.options)
