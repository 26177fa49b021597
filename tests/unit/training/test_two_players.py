"""The training loop with a second player: warm-up, and an interruption that leaves no trace."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from beyond_mle.files import read_jsonl
from beyond_mle.models.transformer import Transformer
from beyond_mle.objectives.adversarial import JSAdversarial
from beyond_mle.symbols import EOS
from beyond_mle.training.loop import Fit, fit
from beyond_mle.training.options import TrainingOptions
from beyond_mle.types import TextBatch

VOCABULARY = 8
SIZES = dict(width=8, heads=2, feedforward=16, max_positions=24)
OPTIONS = TrainingOptions(
    steps=12, batch_tokens=1, learning_rate=0.01, opponent_rate=2.0, dropout=0.2, log_every=3, save_every=4
)


class Killed(Exception):
    pass


class Data:
    """Twelve pairs in batches of four; the data can give out after so many batches."""

    def __init__(self, left: float = float("inf")):
        generator = torch.Generator().manual_seed(3)
        words = torch.randint(4, VOCABULARY, (12, 3), generator=generator)
        self.source = torch.cat([words, torch.full((12, 1), EOS)], dim=1)
        self.target = words.flip(1)
        self.left = left

    def epoch(self, number):
        return list(torch.randperm(12, generator=torch.Generator().manual_seed(number)).split(4))

    def batch(self, identifier):
        self.left -= 1
        if self.left < 0:
            raise Killed
        return TextBatch(self.source[identifier], self.target[identifier])


def make(folder: Path, warmup: int = 3) -> Fit:
    torch.manual_seed(11)
    model = Transformer(Transformer.Options(**SIZES, encoder_layers=1, decoder_layers=1), VOCABULARY)
    objective = JSAdversarial(JSAdversarial.Options(**SIZES, layers=1, warmup=warmup, samples=2), VOCABULARY)
    folder.mkdir(exist_ok=True)
    cpu = torch.device("cpu")
    return Fit(model, objective, Data(), lambda trained: 0.0, OPTIONS, 5, cpu, folder, "k")


def weights_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def test_an_interrupted_training_ends_bit_identical(tmp_path: Path) -> None:
    run = make(tmp_path / "whole")
    whole, _ = fit(run)
    opponent = weights_of(run.objective)
    for batches in (5, 5):  # dies twice: between saved states, then again after resuming
        with pytest.raises(Killed):
            fit(replace(make(tmp_path / "killed"), data=Data(batches)))
    run = make(tmp_path / "killed")
    resumed, _ = fit(run)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert all(torch.equal(opponent[name], tensor) for name, tensor in run.objective.state_dict().items())
    logs = [(tmp_path / which / "training.jsonl").read_bytes() for which in ("whole", "killed")]
    assert logs[0] == logs[1]


def test_the_model_waits_for_the_end_of_the_warm_up(tmp_path: Path) -> None:
    run = make(tmp_path, warmup=OPTIONS.steps)
    before, opponent = weights_of(run.model), weights_of(run.objective)
    after, _ = fit(run)
    assert all(torch.equal(before[name], after[name]) for name in after)
    assert any(not torch.equal(opponent[name], tensor) for name, tensor in run.objective.state_dict().items())


def test_both_players_move_and_their_figures_are_logged(tmp_path: Path) -> None:
    run = make(tmp_path, warmup=0)
    before, opponent = weights_of(run.model), weights_of(run.objective)
    after, _ = fit(run)
    assert any(not torch.equal(before[name], after[name]) for name in after)
    assert any(not torch.equal(opponent[name], tensor) for name, tensor in run.objective.state_dict().items())
    record = read_jsonl(tmp_path / "training.jsonl")[0]
    assert {"loss", "reward", "discriminator_loss", "discriminator_accuracy", "cut"} <= set(record)
