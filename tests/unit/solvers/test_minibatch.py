"""The training loop: what it minimises, what it keeps, and that an interruption leaves no trace."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.solvers.minibatch import Minibatch
from beyond_mle.solvers.minibatch_options import MinibatchOptions
from beyond_mle.solvers.solver import Fitted, Problem
from beyond_mle.types import Loss


@dataclass(frozen=True)
class Points:
    """Regression data: x, y."""

    x_B2: torch.Tensor
    y_B: torch.Tensor

    def to(self, device):
        return self


class Data:
    """Forty points, in batches that are shuffled each epoch; they can give out after so many batches."""

    def __init__(self, left: float = float("inf")):
        generator = torch.Generator().manual_seed(3)
        self.x = torch.randn(40, 2, generator=generator)
        self.y = self.x @ torch.tensor([2.0, -1.0]) + 0.1 * torch.randn(40, generator=generator)
        self.left = left

    def epoch(self, number, seed, budget):
        order = torch.randperm(40, generator=torch.Generator().manual_seed(100 * seed + number))
        return [rows for rows in order.split(budget) if len(rows) == budget]

    def batch(self, key):
        self.left -= 1
        if self.left < 0:
            raise Killed
        return Points(self.x[key], self.y[key])


class Squares:
    """Summed squared error, with the number of points as the count."""

    needs = ()

    def losses(self, model, batch, step=0):
        error = (model(batch.x_B2)[:, 0] - batch.y_B) ** 2
        return {"model": Loss(error.sum(), torch.tensor(float(len(error))), {"loss": error.mean().detach()})}


class Killed(Exception):
    pass


OPTIONS = MinibatchOptions(
    steps=30, batch_size=4, learning_rate=0.05, warmup=5, dropout=0.2, validate_every=4, log_every=7, save_every=5
)


def problem(folder: Path, **changes: Any) -> Problem:
    torch.manual_seed(11)
    model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.0), nn.Linear(8, 1))
    data = Data()

    def validate(trained):
        assert not trained.training
        with torch.no_grad():
            return -float(((trained(data.x)[:, 0] - data.y) ** 2).mean())

    folder.mkdir(exist_ok=True)
    cpu = torch.device("cpu")
    return replace(Problem(model, Squares(), data, 5, cpu, folder, "k", validate), **changes)


def fit(run: Problem, **options: Any) -> Fitted:
    return Minibatch(OPTIONS.model_copy(update=options)).fit(run)


def weights(fitted: Fitted) -> dict[str, torch.Tensor]:
    (member,) = fitted.members
    assert member.labels == {}
    return member.weights


def equal(one: Fitted, other: Fitted) -> bool:
    return all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


@pytest.mark.parametrize("options", [{}, {"keep": "best", "average": 3}, {"accumulate": 2}, {"patience": 2}], ids=str)
def test_an_interrupted_training_ends_bit_identical(tmp_path: Path, options: dict) -> None:
    whole = fit(problem(tmp_path / "whole"), **options)
    for steps in (6, 7):  # dies twice: between saved states, then again after resuming
        with pytest.raises(Killed):
            fit(problem(tmp_path / "killed", data=Data(steps * options.get("accumulate", 1))), **options)
    assert (tmp_path / "killed" / "state.pt").exists()
    resumed = fit(problem(tmp_path / "killed"), **options)
    assert equal(whole, resumed)
    assert resumed.summary == whole.summary
    logs = [(tmp_path / which / "training.jsonl").read_bytes() for which in ("whole", "killed")]
    assert logs[0] == logs[1]
    assert not (tmp_path / "killed" / "state.pt").exists()


def test_a_state_of_another_configuration_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(problem(tmp_path / "killed", data=Data(25)))
    fresh = fit(problem(tmp_path / "killed", key="other"))
    assert equal(fresh, fit(problem(tmp_path / "expected")))


def test_a_damaged_state_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"half a sta")
    assert fit(problem(tmp_path)).summary["steps"] == 30


def test_the_seed_decides_the_order_of_the_data(tmp_path: Path) -> None:
    one, other = (fit(problem(tmp_path / str(seed), seed=seed), dropout=0.0) for seed in (5, 6))
    assert not equal(one, other)
    assert equal(one, fit(problem(tmp_path / "again"), dropout=0.0))


def test_accumulated_batches_weigh_by_their_counts(tmp_path: Path) -> None:
    """Batches of one and of three are one batch of four, whatever each is divided by."""

    class Uneven(Data):
        def epoch(self, number, seed, budget):
            return [part for rows in super().epoch(number, seed, 4) for part in rows.split([1, 3])]

    parts = fit(problem(tmp_path / "parts", data=Uneven()), accumulate=2, dropout=0.0)
    at_once = fit(problem(tmp_path / "at_once"), dropout=0.0)
    for name, tensor in weights(parts).items():
        torch.testing.assert_close(tensor, weights(at_once)[name], rtol=1e-4, atol=1e-5)


def recording(values: list[float], seen: list[dict]) -> Callable[[nn.Module], float]:
    """A validation that gives these values, and notes the weights at each."""
    left = iter(values)

    def validate(model: nn.Module) -> float:
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return next(left)

    return validate


VALUES = [1.0, 5.0, 2.0, 4.0, 3.0, 0.0, 0.5, 0.25]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"keep": "best", "average": 2}, [1, 3]),
        ({"keep": "best"}, [1]),
        ({"average": 3}, [5, 6, 7]),
        ({}, [7]),
    ],
    ids=str,
)
def test_what_is_kept(tmp_path: Path, options: dict, kept: list[int]) -> None:
    """Weights stand for the step they were validated at; validation values rise and fall."""
    seen: list[dict] = []
    fitted = fit(problem(tmp_path, validate=recording(VALUES, seen)), **options)
    assert fitted.summary == {"steps": 30, "validations": VALUES}
    for name, tensor in weights(fitted).items():
        expected = torch.stack([seen[index][name] for index in kept]).mean(0)
        torch.testing.assert_close(tensor, expected)


def test_of_equal_validations_the_earlier_is_the_better(tmp_path: Path) -> None:
    seen: list[dict] = []
    fitted = fit(problem(tmp_path, validate=recording([2.0] * 8, seen)), keep="best")
    torch.testing.assert_close(weights(fitted)["0.weight"], seen[0]["0.weight"])


def test_early_stopping(tmp_path: Path) -> None:
    fitted = fit(problem(tmp_path, validate=recording([1.0, 3.0, 2.0, 2.5, 9.0], [])), patience=2, keep="best")
    assert fitted.summary["steps"] == 16
    assert read_jsonl(tmp_path / "training.jsonl")[-1] == {"step": 16, "validation": 2.5}


def test_without_validation_the_last_weights_count(tmp_path: Path) -> None:
    run = problem(tmp_path, validate=None)
    fitted = fit(run)
    assert fitted.summary == {"steps": 30, "validations": []}
    for name, tensor in weights(fitted).items():
        assert torch.equal(tensor, run.model.state_dict()[name])
    assert all("validation" not in record for record in read_jsonl(tmp_path / "training.jsonl"))


def test_the_gradient_norm_is_logged_as_it_was_before_clipping(tmp_path: Path) -> None:
    run = problem(tmp_path)
    first = [run.data.batch(key) for key in run.data.epoch(0, run.seed, 4)[:2]]
    loss = sum(Squares().losses(run.model, batch)["model"].total for batch in first) / 8
    gradients = torch.autograd.grad(loss, list(run.model.parameters()))
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert norm > 1e-3
    fit(run, steps=1, log_every=1, accumulate=2, dropout=0.0, clip=1e-3)
    assert read_jsonl(tmp_path / "training.jsonl")[0]["gradient_norm"] == pytest.approx(norm, rel=1e-5)


def test_clipping_shortens_the_step_of_plain_descent(tmp_path: Path) -> None:
    """With decay rates of 0 the step is the gradient over its own size: only the clipped norm is left to see."""
    free, clipped = problem(tmp_path / "free"), problem(tmp_path / "clipped")
    before = {name: tensor.clone() for name, tensor in free.model.state_dict().items()}
    fit(free, steps=1, dropout=0.0, warmup=0)
    fit(clipped, steps=1, dropout=0.0, warmup=0, clip=1e-9)  # below Adam's ε, so that the step shrinks
    moved = [
        max((run.model.state_dict()[name] - tensor).abs().max().item() for name, tensor in before.items())
        for run in (free, clipped)
    ]
    assert moved[0] == pytest.approx(0.05, rel=1e-3)
    assert moved[1] < 0.6 * moved[0]


def test_the_log_averages_over_the_steps_since_the_last_line(tmp_path: Path) -> None:
    fit(problem(tmp_path), log_every=1, validate_every=0)
    single = [row["loss"] for row in read_jsonl(tmp_path / "training.jsonl") if "loss" in row]
    fit(problem(tmp_path), log_every=7, validate_every=0)
    grouped = {row["step"]: row["loss"] for row in read_jsonl(tmp_path / "training.jsonl") if "loss" in row}
    assert list(grouped) == [7, 14, 21, 28, 30]
    assert grouped[14] == pytest.approx(sum(single[7:14]) / 7, rel=1e-5)
    assert grouped[30] == pytest.approx(sum(single[28:30]) / 2, rel=1e-5)


def test_data_too_small_for_a_batch_are_an_error_and_no_endless_loop(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no batch of 50 can be made of the training data: lower `batch_size`"):
        fit(problem(tmp_path), batch_size=50)
