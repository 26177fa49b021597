"""What every model must do, by what it says that it can: each protocol's claims hold together."""

import math
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from torch.nn import functional as F

from beyond_mle.capabilities import (
    Explicit,
    Figures,
    Initialisable,
    Listed,
    Masked,
    OfData,
    OnePass,
    PerToken,
    PositionEntropy,
    Reparametrised,
    Stepwise,
    implements,
)
from beyond_mle.registry import MODELS, TASKS
from beyond_mle.solvers.checkpoint import copy_weights, load_weights, save_weights
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.types import TextBatch, TextSpec, TokenRequest

MakeParts = Callable[..., tiny.Parts]
FIRST = {model: (task, model, objective, solver) for task, model, objective, solver in reversed(tiny.RUNS)}
"""Of each model a run."""


def each(*protocols: type, text: bool | None = None) -> pytest.MarkDecorator:
    """Every model that can all of this."""
    chosen = [
        model
        for model, (task, *_) in sorted(FIRST.items())
        if all(implements(MODELS[model], protocol) for protocol in protocols)
        and text in (None, issubclass(TASKS[task].spec, TextSpec))
    ]
    return pytest.mark.parametrize("kind", chosen)


@pytest.fixture
def parts(kind: str, parts_of: MakeParts) -> tiny.Parts:
    return parts_of(*FIRST[kind])


@pytest.fixture
def batch(parts: tiny.Parts):
    """Test pairs of text, since some models know no other; else what the run's solver shows."""
    if isinstance(parts.data.spec, TextSpec):
        return parts.data.pairs("test").batch(np.arange(5))
    return parts.batch()


def test_every_model_is_tested() -> None:
    assert set(FIRST) == set(MODELS)


@each()
def test_equal_seeds_give_equal_weights(parts: tiny.Parts) -> None:
    first, second = (copy_weights(parts.job.new_model(parts.data)) for _ in range(2))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@each()
def test_its_weights_say_all(parts: tiny.Parts, tmp_path: Path) -> None:
    """What a checkpoint does not hold follows from the options and the data."""
    path = tmp_path / "model.safetensors"
    save_weights(path, copy_weights(parts.model))
    again = parts.job.new_model(parts.data).eval()
    load_weights(again, path)
    for one, other in zip(parts.model.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@each(Explicit)
def test_log_probs_are_finite_and_say_how_far_they_can_be_trusted(parts: tiny.Parts, batch) -> None:
    log_prob = parts.model.log_prob(batch)
    assert log_prob.total_B.shape == log_prob.length_B.shape == (len(batch),)
    assert log_prob.joint_B.isfinite().all()
    assert log_prob.certainty == "exact"
    assert (log_prob.length_B > 0).all()
    if isinstance(batch, TextBatch):
        assert (log_prob.joint_B < 1e-6).all()
        assert log_prob.length_B.tolist() == (batch.target_BT != PAD).sum(1).tolist()


@each(Explicit, text=False)
def test_all_of_q_sums_to_one(parts: tiny.Parts) -> None:
    """On the enumeration or quadrature grid of p."""
    whole = parts.data.whole()
    q_B = (parts.model.log_prob(whole).total_B + whole.density.log_weight_B).exp()
    assert q_B.sum().item() == pytest.approx(1, abs=1e-3)


@each(Explicit, text=True)
def test_padding_and_order_do_not_matter(parts: tiny.Parts, batch: TextBatch) -> None:
    order = torch.tensor([3, 0, 4, 1, 2])
    moved = TextBatch(F.pad(batch.source_BS, (0, 4))[order], F.pad(batch.target_BT, (0, 3))[order])
    expected, got = parts.model.log_prob(batch).select(order), parts.model.log_prob(moved)
    for name in ("total_B", "length_B", "uniform_B", "length_log_prob_B"):
        one, other = getattr(expected, name), getattr(got, name)
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-4)


@each(Explicit)
def test_items_of_a_batch_do_not_see_each_other(parts: tiny.Parts, batch) -> None:
    names = [f.name for f in fields(batch) if isinstance(getattr(batch, f.name), torch.Tensor)]
    half = replace(batch, **{name: getattr(batch, name)[1:3] for name in names})
    expected, got = parts.model.log_prob(batch).joint_B[1:3], parts.model.log_prob(half).joint_B
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


@each(Explicit, PerToken)
def test_tokens_sum_to_the_whole(parts: tiny.Parts, batch) -> None:
    token = parts.model.token_log_prob(batch, TokenRequest(collision=True, entropy=True))
    log_prob, mask_BT = parts.model.log_prob(batch), token.mask_BT
    torch.testing.assert_close(token.log_q_BT.where(mask_BT, 0).sum(1), log_prob.total_B, rtol=1e-4, atol=1e-4)
    assert torch.equal(token.length_B, log_prob.length_B)
    assert token.boundary == log_prob.boundary
    assert ((token.collision_BT > 0) & (token.collision_BT < 1 + 1e-6))[mask_BT].all()
    # −log Σ q² ≤ H: Rényi entropies fall with their order.
    assert (-token.collision_BT.log() <= token.entropy_BT + 1e-5)[mask_BT].all()


@each(Explicit, Stepwise)
def test_steps_multiply_to_the_whole(parts: tiny.Parts, batch: TextBatch) -> None:
    model, longest = parts.model, batch.target_BT.shape[1]
    assert longest <= model.longest_output
    ended_BT = F.pad(batch.target_BT, (0, 1), value=PAD)
    ended_BT.scatter_(1, (batch.target_BT != PAD).sum(1, keepdim=True), EOS)
    state, fed_B, total_B = model.start(batch.source_BS, longest + 1), torch.full((len(batch),), BOS), torch.zeros(5)
    for following_B in ended_BT.T:
        log_q_BV, open_B = model.step(fed_B, state), following_B != PAD
        assert log_q_BV[:, [PAD, BOS]].isneginf().all()
        torch.testing.assert_close(log_q_BV.exp().sum(1).float()[open_B], torch.ones(int(open_B.sum())))
        total_B += log_q_BV.gather(1, following_B[:, None])[:, 0].where(open_B, 0).float()
        fed_B = following_B  # what follows the end does not matter
    torch.testing.assert_close(total_B, model.log_prob(batch).total_B.float(), rtol=1e-4, atol=1e-4)


@each(Explicit, OnePass)
def test_all_tokens_at_once_multiply_to_the_whole(parts: tiny.Parts, batch: TextBatch) -> None:
    model = parts.model
    encoded, log_prob = model.encode(batch.source_BS), model.log_prob(batch)
    length_BL = model.length_log_probs(encoded)
    torch.testing.assert_close(length_BL.exp().sum(1), torch.ones(len(batch)))
    torch.testing.assert_close(length_BL.gather(1, log_prob.length_B[:, None])[:, 0], log_prob.length_log_prob_B)
    token_BTV, real_BT = model.token_log_probs(encoded, log_prob.length_B), batch.target_BT != PAD
    assert token_BTV[:, :, [PAD, BOS, EOS]].isneginf().all()
    torch.testing.assert_close(token_BTV.exp().sum(2)[real_BT], torch.ones(int(real_BT.sum())))
    chosen_BT = token_BTV.gather(2, batch.target_BT[:, :, None])[:, :, 0].where(real_BT, 0)
    torch.testing.assert_close(chosen_BT.sum(1), log_prob.total_B, rtol=1e-4, atol=1e-4)


@each(Masked)
def test_with_everything_hidden_the_first_pass_is_the_one_pass(parts: tiny.Parts, batch: TextBatch) -> None:
    model, real_BT = parts.model, batch.target_BT != PAD
    encoded = model.encode(batch.source_BS)
    given = model.token_log_probs_given(encoded, torch.where(real_BT, model.mask, PAD))
    torch.testing.assert_close(given[real_BT], model.token_log_probs(encoded, real_BT.sum(1))[real_BT])


@each(PositionEntropy)
def test_entropies_lie_between_certainty_and_equal_odds(parts: tiny.Parts, batch: TextBatch) -> None:
    entropy_B, positions_B = parts.model.entropy(batch)
    assert (entropy_B > 0).all()
    assert (entropy_B <= positions_B * math.log(parts.data.spec.vocabulary_size)).all()
    assert (positions_B > 0).all()


@each(Reparametrised)
def test_samples_follow_the_generator_and_reach_every_parameter(parts: tiny.Parts) -> None:
    model = parts.model
    first, again, other = (model.sample(6, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (6, parts.data.spec.dimensions)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert all(g.any() for g in torch.autograd.grad(first.square().sum(), list(model.parameters())))


@each(Figures)
def test_figures_are_numbers(parts: tiny.Parts) -> None:
    figures = parts.model.figures()
    assert figures
    assert all(isinstance(value, float) and math.isfinite(value) for value in figures.values())


@each(Initialisable)
def test_places_to_start_from_are_parameters(parts: tiny.Parts) -> None:
    size = sum(parameter.numel() for parameter in parts.model.parameters())
    starts = parts.model.starts(parts.data, 0.05)
    assert starts
    assert all(start.shape == (size,) and np.isfinite(start).all() for start in starts)


@each(Listed)
def test_a_listed_distribution_sums_to_one_and_agrees_with_log_prob(parts: tiny.Parts) -> None:
    for source in parts.data.pairs("test").sources():
        outputs, q_N = parts.model.distribution(source)
        assert len(outputs) == len(q_N)
        assert q_N.sum() == pytest.approx(1, abs=1e-9)
        assert (q_N >= 0).all()


@each(OfData)
def test_a_model_of_the_data_has_nothing_to_learn(parts: tiny.Parts) -> None:
    assert list(parts.model.parameters()) == []
