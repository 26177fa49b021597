"""What all objectives on single tokens share, on every model that has per-token probabilities."""

import copy
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from beyond_mle.objectives.brier import Brier
from beyond_mle.objectives.mle import MLE
from beyond_mle.objectives.token_level import TokenLevel
from beyond_mle.objectives.token_power import TokenPower
from beyond_mle.registry import MODELS
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import Density, FiniteSpec, Spec, Strings, TextBatch, TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS], [9, EOS, PAD, PAD, PAD]])
TARGET = torch.tensor([[9, 5, 5, 9], [7, PAD, PAD, PAD], [5, 6, 5, PAD]])
BATCH = TextBatch(SOURCE, TARGET)
SUPPORT = ((0,), (1,), (0, 0), (0, 2), (1, 1), (1, 2))
KINDS = ["transformer", "vanilla-nat", "cmlm", "string-network"]
OBJECTIVES = [(TokenPower, dict(alpha=0.5)), (TokenPower, dict(alpha=1.0)), (TokenPower, dict(alpha=8.0)), (Brier, {})]
EACH_OBJECTIVE = pytest.mark.parametrize(("cls", "options"), OBJECTIVES, ids=str)


@dataclass(frozen=True)
class WeightedBatch(TextBatch):
    """A batch that is all of p."""

    density: Density | None = None


def make(kind: str) -> tuple[torch.nn.Module, Any]:
    """A model and a batch for it."""
    torch.manual_seed(0)
    cls = MODELS[kind]
    if kind == "string-network":
        return cls(cls.Options(width=5), FiniteSpec(SUPPORT)), Strings(torch.tensor([3, 0, 5, 3]))
    return cls(cls.Options(**SIZES), TextSpec(11)).double().eval(), BATCH


def loss_and_gradient(objective: Any, model: torch.nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
    """The reported loss, and the gradient that training follows."""
    loss = objective.losses(model, batch)["model"]
    gradients = torch.autograd.grad(loss.total / loss.count, list(model.parameters()), materialize_grads=True)
    return loss.metrics["loss"], torch.cat([gradient.flatten() for gradient in gradients])


@pytest.mark.parametrize("average", ["token", "sentence"])
@pytest.mark.parametrize("kind", KINDS)
@EACH_OBJECTIVE
def test_the_gradient_is_that_of_the_reported_loss(cls: type[TokenLevel], options, kind: str, average: str) -> None:
    """Along a random direction, by central differences."""
    model, batch = make(kind)
    objective = cls(cls.Options(length_factor=0, average=average, **options), Spec())
    _, gradient = loss_and_gradient(objective, model, batch)
    direction = torch.randn(len(gradient), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = []
    for step in (1e-5, -1e-5):
        moved = copy.deepcopy(model)
        flat = torch.nn.utils.parameters_to_vector(moved.parameters())
        torch.nn.utils.vector_to_parameters(flat + step * direction, moved.parameters())
        values.append(loss_and_gradient(objective, moved, batch)[0])
    torch.testing.assert_close((values[0] - values[1]) / 2e-5, gradient @ direction, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("average", ["token", "sentence"])
@pytest.mark.parametrize("count_boundary", [True, False])
def test_tokens_are_averaged_as_in_mle(kind: str, average: str, count_boundary: bool) -> None:
    """α → 0 is MLE, the length predictor's part included."""
    model, batch = make(kind)
    knobs = dict(average=average, count_boundary=count_boundary, length_factor=0.3)
    power, mle = TokenPower(TokenPower.Options(alpha=1e-9, **knobs), Spec()), MLE(MLE.Options(**knobs), Spec())
    for got, expected in zip(loss_and_gradient(power, model, batch), loss_and_gradient(mle, model, batch), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-8)
    losses = [objective.losses(model, batch)["model"] for objective in (power, mle)]
    torch.testing.assert_close(losses[0].count, losses[1].count.double())
    for metric in ("nll", "length_nll"):
        assert (metric in losses[0].metrics) == (metric in losses[1].metrics)
        if metric in losses[1].metrics:
            torch.testing.assert_close(losses[0].metrics[metric], losses[1].metrics[metric])


@pytest.mark.parametrize("count_shown", [True, False])
@EACH_OBJECTIVE
def test_a_cmlm_trains_on_hidden_tokens_and_on_request_on_all(cls, options, count_shown: bool) -> None:
    model = make("cmlm")[0].train()
    objective = cls(cls.Options(count_shown=count_shown, length_factor=0, **options), Spec())
    torch.manual_seed(3)
    loss = objective.losses(model, BATCH)["model"]
    torch.manual_seed(3)
    everything = model.token_log_prob(BATCH, objective.request)
    part = everything if count_shown else everything.hidden
    assert loss.count == (8 + 3 * 2 if count_shown else part.mask_BT.sum())
    torch.testing.assert_close(loss.total, objective.token_loss(part)[part.mask_BT].sum())


@pytest.mark.parametrize("kind", ["transformer", "vanilla-nat"])
@pytest.mark.parametrize("average", ["token", "sentence"])
@EACH_OBJECTIVE
def test_weights_are_the_frequencies_of_items(cls, options, kind: str, average: str) -> None:
    model, _ = make(kind)
    objective = cls(cls.Options(average=average, **options), Spec())
    count_B = torch.tensor([3, 1, 2])
    rows = torch.arange(3).repeat_interleave(count_B)
    repeated = TextBatch(SOURCE[rows], TARGET[rows])
    density = Density((count_B.double() / 6).log(), torch.full((3,), 0.1).double().log())
    weighted = WeightedBatch(SOURCE, TARGET, density=density)
    for got, expected in zip(
        loss_and_gradient(objective, model, weighted), loss_and_gradient(objective, model, repeated), strict=True
    ):
        torch.testing.assert_close(got, expected)
    ours, theirs = (objective.losses(model, batch)["model"] for batch in (weighted, repeated))
    torch.testing.assert_close(ours.count * 60, theirs.count)
    torch.testing.assert_close(ours.metrics, theirs.metrics, check_dtype=False)  # lengths are in single precision


@EACH_OBJECTIVE
def test_a_batch_without_hidden_tokens_has_no_loss(cls, options) -> None:
    model = make("cmlm")[0].train()
    batch = TextBatch(SOURCE[:1], torch.full((1, 2), PAD))
    for average in ("token", "sentence"):
        loss = cls(cls.Options(average=average, length_factor=0, **options), Spec()).losses(model, batch)["model"]
        assert (loss.total / loss.count).item() == 0
