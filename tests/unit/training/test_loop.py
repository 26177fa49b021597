"""The training loop: what it minimises, what it keeps, and that an interruption leaves no trace."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from beyond_mle.files import read_jsonl
from beyond_mle.training import loop
from beyond_mle.training.loop import Fit, fit
from beyond_mle.training.options import TrainingOptions
from beyond_mle.types import Loss


@dataclass(frozen=True)
class Points:
    """Regression data: x, y."""

    x_B2: torch.Tensor
    y_B: torch.Tensor

    def to(self, device):
        return self


class Data:
    """Forty points, in batches of four that are shuffled each epoch."""

    def __init__(self):
        generator = torch.Generator().manual_seed(3)
        self.x = torch.randn(40, 2, generator=generator)
        self.y = self.x @ torch.tensor([2.0, -1.0]) + 0.1 * torch.randn(40, generator=generator)

    def epoch(self, number):
        return list(torch.randperm(40, generator=torch.Generator().manual_seed(number)).split(4))

    def batch(self, identifier):
        return Points(self.x[identifier], self.y[identifier])


class Squares:
    """Summed squared error, with the number of points as the count."""

    def losses(self, model, batch, step=0):
        error = (model(batch.x_B2)[:, 0] - batch.y_B) ** 2
        return {"model": Loss(error.sum(), torch.tensor(float(len(error))), {"loss": error.mean().detach()})}


OPTIONS = TrainingOptions(
    steps=30,
    batch_tokens=1,
    learning_rate=0.05,
    warmup=5,
    dropout=0.2,
    validate_every=4,
    log_every=7,
    save_every=5,
)


def make(folder: Path, **options) -> Fit:
    torch.manual_seed(11)
    model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.0), nn.Linear(8, 1))
    data = Data()

    def validate(trained):
        with torch.no_grad():
            return -float(((trained(data.x)[:, 0] - data.y) ** 2).mean())

    folder.mkdir(exist_ok=True)
    return Fit(
        model=model,
        objective=Squares(),
        data=data,
        validate=validate,
        options=OPTIONS.model_copy(update=options),
        seed=5,
        device=torch.device("cpu"),
        folder=folder,
        key="k",
    )


class Killed(Exception):
    pass


def killed_at(run: Fit, batches: int) -> Fit:
    """The same training, whose data gives out after so many batches."""
    left = [batches]

    class Dying(Data):
        def batch(self, identifier):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return super().batch(identifier)

    return replace(run, data=Dying())


@pytest.mark.parametrize("options", [{}, {"keep": "best", "average": 3}, {"accumulate": 2}, {"patience": 2}])
def test_an_interrupted_training_ends_bit_identical(tmp_path: Path, options: dict) -> None:
    whole, whole_state = fit(make(tmp_path / "whole", **options))
    for steps in (6, 7):  # dies twice: between saved states, then again after resuming
        run = make(tmp_path / "killed", **options)
        with pytest.raises(Killed):
            fit(killed_at(run, steps * run.options.accumulate))
    assert (tmp_path / "killed" / "state.pt").exists()
    resumed, resumed_state = fit(make(tmp_path / "killed", **options))
    assert resumed_state.step == whole_state.step
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    logs = [(tmp_path / which / "training.jsonl").read_bytes() for which in ("whole", "killed")]
    assert logs[0] == logs[1]
    assert not (tmp_path / "killed" / "state.pt").exists()


def test_a_state_of_another_configuration_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(killed_at(make(tmp_path), 25))
    fresh, _ = fit(replace(make(tmp_path), key="other"))
    expected, _ = fit(make(tmp_path / "expected"))
    assert all(torch.equal(fresh[name], expected[name]) for name in expected)


def test_a_damaged_state_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"half a sta")
    assert fit(make(tmp_path))[1].step == 30


def test_accumulated_batches_weigh_by_their_counts(tmp_path: Path) -> None:
    """Two batches of four are one batch of eight."""

    class Pairs(Data):
        def epoch(self, number):
            order = super().epoch(number)
            return [torch.cat(order[i : i + 2]) for i in range(0, len(order), 2)]

    parts, _ = fit(make(tmp_path / "parts", accumulate=2, dropout=0.0))
    at_once, _ = fit(replace(make(tmp_path / "at_once", dropout=0.0), data=Pairs()))
    for name in parts:
        torch.testing.assert_close(parts[name], at_once[name], rtol=1e-4, atol=1e-5)


def test_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights stand for the step they were validated at; validation values rise and fall."""
    values = iter([1.0, 5.0, 2.0, 4.0, 3.0, 0.0, 0.5, 0.25])
    seen: list[dict] = []
    real = loop.checkpoint.copy_weights
    monkeypatch.setattr(loop.checkpoint, "copy_weights", lambda model: seen.append(real(model)) or seen[-1])
    run = replace(make(tmp_path, keep="best", average=2), validate=lambda model: next(values))
    weights, state = fit(run)
    assert state.validations == [1.0, 5.0, 2.0, 4.0, 3.0, 0.0, 0.5, 0.25]
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, (seen[1][name] + seen[3][name]) / 2)


def test_early_stopping(tmp_path: Path) -> None:
    values = iter([1.0, 3.0, 2.0, 2.5, 9.0])
    _, state = fit(replace(make(tmp_path, patience=2, keep="best"), validate=lambda model: next(values)))
    assert state.step == 16
    assert read_jsonl(tmp_path / "training.jsonl")[-1] == {"step": 16, "validation": 2.5}


def test_the_gradient_norm_is_logged_as_it_was_before_clipping(tmp_path: Path) -> None:
    run = make(tmp_path, steps=1, log_every=1, accumulate=2, dropout=0.0, validate_every=0, clip=1e-3)
    model, data = run.model, run.data
    first = [data.batch(identifier) for identifier in data.epoch(0)[:2]]
    loss = sum(Squares().losses(model, batch)["model"].total for batch in first) / 8
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert norm > 1e-3
    fit(run)
    assert read_jsonl(tmp_path / "training.jsonl")[0]["gradient_norm"] == pytest.approx(norm, rel=1e-5)


def test_the_log_averages_over_the_steps_since_the_last_line(tmp_path: Path) -> None:
    fit(make(tmp_path, log_every=1, validate_every=0))
    single = [row["loss"] for row in read_jsonl(tmp_path / "training.jsonl") if "loss" in row]
    fit(make(tmp_path, log_every=7, validate_every=0))
    grouped = {row["step"]: row["loss"] for row in read_jsonl(tmp_path / "training.jsonl") if "loss" in row}
    assert list(grouped) == [7, 14, 21, 28, 30]
    assert grouped[14] == pytest.approx(sum(single[7:14]) / 7, rel=1e-5)
    assert grouped[30] == pytest.approx(sum(single[28:30]) / 2, rel=1e-5)
