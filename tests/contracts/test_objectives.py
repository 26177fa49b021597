"""What every objective must do with every model that it fits: finite losses, and the gradient of what it reports."""

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from beyond_mle.objectives.importance_sampling import ImportanceSampling
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import MODELS, OBJECTIVES, TASKS
from beyond_mle.symbols import PAD
from beyond_mle.types import TextBatch, TextSpec

MakeParts = Callable[..., tiny.Parts]


DRAWING = {"denoising", "js-adversarial", "scheduled-sampling", "ebm-teacher", "denoising-score-matching", "mcmc-ml"}
IDLE = {"proposal-kl"}
"""Objectives by which the model itself does not move."""


def drawing(run: tuple[str, str, str, str]) -> bool:
    """Whether the objective draws at random: then what it reports is an estimate."""
    task, _, objective, _ = run
    on_text = issubclass(TASKS[task].spec, TextSpec)
    by_proposal = issubclass(OBJECTIVES[objective], ImportanceSampling)
    return objective in DRAWING or by_proposal or (objective == "reverse-kl" and on_text)


def each(runs: list[tuple[str, str, str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", [pytest.param(run, id="/".join(run[:3])) for run in runs])


EXACT = [run for run in tiny.LEARNT if not drawing(run)]
EXACT_ON_TEXT = [run for run in EXACT if issubclass(TASKS[run[0]].spec, TextSpec)]


def loss_and_gradient(parts: tiny.Parts, batch) -> tuple[Tensor, Tensor]:
    """The loss that is reported, and the gradient that training follows."""
    loss = parts.objective.losses(parts.model, batch)["model"]
    gradients = torch.autograd.grad(loss.total / loss.count, list(parts.model.parameters()), materialize_grads=True)
    return loss.metrics["loss"], torch.cat([gradient.flatten() for gradient in gradients])


@each(tiny.LEARNT)
def test_losses_are_finite_and_metrics_are_numbers_without_gradient(run, parts_of: MakeParts) -> None:
    parts = parts_of(*run)
    parts.model.train()
    losses = parts.objective.losses(parts.model, parts.batch())
    assert set(losses) == set(parts.players()) - ({"model"} if run[2] in IDLE else set())
    assert run[2] in IDLE or "loss" in {name for loss in losses.values() for name in loss.metrics}
    for loss in losses.values():
        assert loss.total.isfinite()
        assert loss.total.shape == loss.count.shape == ()
        assert loss.count > 0
        for name, value in loss.metrics.items():
            assert value.shape == (), name
            assert value.isfinite(), name
            assert not value.requires_grad, name


@each(tiny.LEARNT)
def test_every_player_learns_with_all_that_it_has(run, parts_of: MakeParts) -> None:
    parts = parts_of(*run)
    losses = parts.objective.losses(parts.model, parts.batch())
    for player, loss in losses.items():
        module = parts.players()[player]
        names, own = zip(*module.named_parameters(), strict=True)
        gradients = torch.autograd.grad(loss.total, own, allow_unused=True, retain_graph=True)
        unused = [name for name, gradient in zip(names, gradients, strict=True) if gradient is None]
        if run[2] == "js-adversarial":  # the samples that it goes by are the decoder's alone
            unused = [name for name in unused if not name.startswith("encoder.")]
        assert unused == []
        assert all(gradient.isfinite().all() for gradient in gradients if gradient is not None)
        assert any(gradient.any() for gradient in gradients if gradient is not None)


@each([run for run in tiny.LEARNT if issubclass(TASKS[run[0]].spec, TextSpec)])
def test_on_text_no_loss_reaches_another_player(run, parts_of: MakeParts) -> None:
    """On points the model's loss must flow through the discriminator; training asks for each player's own part only."""
    parts = parts_of(*run)
    losses, players = parts.objective.losses(parts.model, parts.batch()), parts.players()
    for player, loss in losses.items():
        others = [p for other, module in players.items() if other != player for p in module.parameters()]
        reached = torch.autograd.grad(loss.total, others, allow_unused=True, retain_graph=True) if others else ()
        assert all(gradient is None for gradient in reached)


@each(tiny.LEARNT)
def test_equal_random_numbers_give_equal_losses(run, parts_of: MakeParts) -> None:
    totals = []
    for _ in range(2):
        parts = parts_of(*run)
        parts.model.train()
        torch.manual_seed(5)
        totals.append(
            {player: loss.total for player, loss in parts.objective.losses(parts.model, parts.batch()).items()}
        )
    assert totals[0] == totals[1]


@each(EXACT)
def test_the_gradient_is_that_of_the_reported_loss(run, parts_of: MakeParts) -> None:
    """Along a random direction, by central differences; without the length predictor, which is reported apart."""
    without = {"length_factor": 0.0} if "length_factor" in OBJECTIVES[run[2]].Options.model_fields else {}
    parts = parts_of(*run, objectives=without).double()
    batch = parts.batch()
    _, gradient = loss_and_gradient(parts, batch)
    direction = torch.randn(len(gradient), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values, model = [], parts.model
    for step in (1e-5, -1e-5):
        parts.model = copy.deepcopy(model)
        flat = parameters_to_vector(parts.model.parameters())
        vector_to_parameters(flat + step * direction, parts.model.parameters())
        values.append(loss_and_gradient(parts, batch)[0])
    # The support of p is listed in single precision, everything else in double.
    torch.testing.assert_close((values[0] - values[1]) / 2e-5, gradient @ direction, rtol=1e-4, atol=1e-9)


def padded(batch: TextBatch) -> TextBatch:
    """With more padding than is needed."""
    support = batch.support
    if support is not None:
        support = replace(support, output_RT=F.pad(support.output_RT, (0, 2), value=PAD))
    return TextBatch(*(F.pad(ids, (0, 3), value=PAD) for ids in (batch.source_BS, batch.target_BT)), support)


def flipped(batch: TextBatch) -> TextBatch:
    """In the opposite order."""
    support = batch.support
    if support is not None:
        support = replace(support, row_R=len(batch) - 1 - support.row_R)
    return TextBatch(batch.source_BS.flip(0), batch.target_BT.flip(0), support)


@each(EXACT_ON_TEXT)
@pytest.mark.parametrize("change", [padded, flipped])
def test_padding_and_order_of_a_batch_do_not_matter(run, change, parts_of: MakeParts) -> None:
    smoothing = {"label_smoothing": 0.1} if "label_smoothing" in OBJECTIVES[run[2]].Options.model_fields else {}
    parts = parts_of(*run, objectives=smoothing).double()
    reference = loss_and_gradient(parts, parts.batch())
    for got, expected in zip(loss_and_gradient(parts, change(parts.batch())), reference, strict=True):
        torch.testing.assert_close(got, expected)


@each(EXACT_ON_TEXT)
def test_single_precision_agrees_with_double(run, parts_of: MakeParts) -> None:
    single = loss_and_gradient(parts_of(*run), (parts := parts_of(*run)).batch())
    for got, expected in zip(single, loss_and_gradient(parts.double(), parts.batch()), strict=True):
        torch.testing.assert_close(got.double(), expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


# Language models do not see the source, and cannot tell one sentence from another.
@each([r for r in EXACT_ON_TEXT if issubclass(OBJECTIVES[r[2]], Likelihood) and hasattr(MODELS[r[1]], "encode")])
def test_a_few_sentences_can_be_learnt_by_heart(run, parts_of: MakeParts) -> None:
    """MLE first, then the objective, as in two-stage training: it must keep and sharpen what is known."""
    parts = parts_of(*run, models={"width": 32, "feedforward": 64})
    batch = parts.data.batch(parts.data.epoch(0, 1, 40)[0])
    torch.manual_seed(1)
    optimiser = torch.optim.Adam(parts.model.train().parameters(), lr=5e-3)
    for objective in (MLE(MLE.Options(), parts.data.spec), parts.objective):
        for _ in range(80):
            optimiser.zero_grad()
            loss = objective.losses(parts.model, batch)["model"]
            (loss.total / loss.count).backward()
            optimiser.step()
    assert (parts.model.eval().log_prob(batch).joint_B > -0.5).all()
