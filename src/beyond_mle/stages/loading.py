"""What the stages that run a model load: the model, its weights, a decoder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from beyond_mle import config
from beyond_mle.text.task_data import TaskData
from beyond_mle.training import checkpoint, devices


def new_model(study: config.Study, run: config.Run, data: TaskData) -> nn.Module:
    """The run's model with fresh weights, drawn from its seed."""
    torch.manual_seed(run.seed)
    model = config.entry(study, "models", run.model)
    return model.cls(model.options, data.tokenizer.get_vocab_size())


@contextmanager
def on_device(study: config.Study, run: config.Run, data: TaskData, weights: Path) -> Iterator[nn.Module]:
    """The run's model with trained weights, on the run's device, which is held until the block ends."""
    training = study.training[run.training]
    devices.prepare_cpu(training.threads)
    with devices.device(training.device) as device:
        yield trained_model(study, run, data, weights).to(device)


def trained_model(study: config.Study, run: config.Run, data: TaskData, weights: Path) -> nn.Module:
    """The run's model with trained weights, ready for evaluation."""
    model = new_model(study, run, data)
    checkpoint.load_weights(model, weights)
    return model.eval()


def decoder(study: config.Study, name: str) -> Any:
    """The configured decoder of this name."""
    found = config.entry(study, "decoders", name)
    return found.cls(found.options)
