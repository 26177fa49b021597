"""Scheduled sampling: its schedules, its prefixes, and where it comes to rest."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beyond_mle.decoding.sampling import invert_cumulative
from beyond_mle.formulas import scheduled_sampling_optima as closed_form
from beyond_mle.models.transformer import Transformer
from beyond_mle.objectives.mle import MLE
from beyond_mle.objectives.scheduled_sampling import ScheduledSampling, mixed_prefix
from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import LogProb, TextBatch, TextSpec

SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS], [6, EOS, PAD, PAD, PAD]])
TARGET = torch.tensor([[9, 5, 6, 8, 4], [7, PAD, PAD, PAD, PAD], [4, 4, 10, PAD, PAD]])
BATCH = TextBatch(SOURCE, TARGET)
SPEC = TextSpec(11)


def make_model(dropout: float = 0.0) -> Transformer:
    torch.manual_seed(0)
    sizes = Transformer.Options(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=2, max_positions=16)
    model = Transformer(sizes, SPEC).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    return model


def make_objective(**options) -> ScheduledSampling:
    return ScheduledSampling(ScheduledSampling.Options(**options), SPEC)


def loss_and_gradient(objective: MLE, model: Transformer, batch: TextBatch = BATCH, step: int = 0) -> torch.Tensor:
    """Loss, then gradient, in one vector."""
    model.zero_grad()
    loss = objective.losses(model, batch, step)["model"]
    (loss.total / loss.count).backward()
    gradients = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return torch.cat([loss.metrics["loss"][None], *gradients])


# The schedules


@given(st.integers(0, 3000), st.floats(0.5, 100))
def test_the_published_formulas(i: int, steps: float) -> None:
    u = i / steps
    options = ScheduledSampling.Options
    linear = options(schedule="linear", k=0.9, c=0.01, minimum=0.2, steps=steps)
    assert linear.epsilon(i) == pytest.approx(max(0.2, 0.9 - 0.01 * u))
    exponential = options(schedule="exponential", k=0.99, steps=steps)
    assert exponential.epsilon(i) == pytest.approx(0.99**u)
    sigmoid = options(schedule="inverse-sigmoid", k=20, steps=steps)
    assert sigmoid.epsilon(i) == pytest.approx(20 / (20 + math.exp(u / 20)))
    assert options(schedule="constant", k=0.3, steps=steps).epsilon(i) == 0.3


@pytest.mark.parametrize(
    ("options", "at_start", "step", "there"),
    [
        (dict(schedule="linear", steps=200), 1.0, 200, 0.0),
        (dict(schedule="linear", steps=200), 1.0, 50, 0.75),
        (dict(schedule="exponential", k=0.5, steps=100), 1.0, 300, 0.125),
        (dict(schedule="inverse-sigmoid", k=math.e**2, steps=10), 1 / (1 + math.e**-2), 10 * 2 * math.e**2, 0.5),
        (dict(schedule="inverse-sigmoid", k=1, steps=1), 0.5, 10**6, 0.0),  # no overflow
    ],
)
def test_starts_and_limits(options: dict, at_start: float, step: float, there: float) -> None:
    chosen = ScheduledSampling.Options(**options)
    assert chosen.epsilon(0) == pytest.approx(at_start)
    assert chosen.epsilon(step) == pytest.approx(there, abs=1e-12)


@given(st.sampled_from(["linear", "exponential", "inverse-sigmoid"]), st.integers(0, 5000), st.integers(0, 5000))
def test_epsilon_is_a_probability_that_falls_to_its_minimum(schedule: str, step: int, more: int) -> None:
    k = {"linear": 1.0, "exponential": 0.7, "inverse-sigmoid": 5.0}[schedule]
    options = ScheduledSampling.Options(schedule=schedule, k=k, steps=100, minimum=0.1)
    assert 0.1 <= options.epsilon(step + more) <= options.epsilon(step) <= 1
    assert options.epsilon(10**6) == 0.1


@pytest.mark.parametrize(("schedule", "k"), [("linear", 1.1), ("exponential", 1), ("inverse-sigmoid", 0.9)])
def test_constants_that_give_no_probability_are_refused(schedule: str, k: float) -> None:
    with pytest.raises(ValidationError, match=f"the {schedule} schedule needs"):
        ScheduledSampling.Options(schedule=schedule, k=k)


# The prefixes


@pytest.mark.parametrize("options", [{}, dict(label_smoothing=0.1), dict(average="sentence", count_boundary=False)])
def test_with_epsilon_one_it_is_maximum_likelihood(options: dict) -> None:
    """To the bit, with the same random numbers for dropout; and so is any ε if what is drawn is the truth."""
    model = make_model(dropout=0.3).train()
    got, expected = [], []
    for objective, into in ((make_objective(**options), got), (MLE(MLE.Options(**options), SPEC), expected)):
        torch.manual_seed(3)
        into.append(loss_and_gradient(objective, model))
    assert torch.equal(got[0], expected[0])
    model.eval()
    true_prefix, plain = model.prefixed_log_prob(BATCH, TARGET), model.log_prob(BATCH)
    assert torch.equal(true_prefix.total_B, plain.total_B)
    assert torch.equal(true_prefix.uniform_B, plain.uniform_B)


def test_epsilon_follows_the_step_and_is_logged() -> None:
    objective = make_objective(schedule="linear", steps=10)
    for step, expected in ((0, 1.0), (4, 0.6), (20, 0.0)):
        metrics = objective.losses(make_model(), BATCH, step)["model"].metrics
        assert float(metrics["epsilon"]) == pytest.approx(expected)


@pytest.mark.parametrize("keep", [0.0, 0.25, 0.9])
def test_the_prefix_has_its_share_of_true_tokens(keep: float) -> None:
    """Targets hold a symbol that the model hardly ever draws, so that a token that differs is a drawn one."""
    model, n = make_model(), 4000
    with torch.no_grad():
        model.embedding.token.weight[UNK] = -20 * model.norm.weight  # its logit is low, whatever the state
        model.norm.bias.fill_(1.0)
    target_BT = torch.full((n, 5), UNK)
    target_BT[:, 3:] = PAD
    torch.manual_seed(1)
    batch = TextBatch(SOURCE[:1].expand(n, -1), target_BT)
    prefix_BT = mixed_prefix(model, batch, keep, ScheduledSampling.Options())
    assert (prefix_BT[:, 3:] == PAD).all()
    assert prefix_BT[:, :3].min() >= EOS  # never PAD or BOS
    share_T = (prefix_BT[:, :3] == UNK).double().mean(0)
    torch.testing.assert_close(share_T, torch.full((3,), keep).double(), atol=0.03, rtol=0)  # sd below 0.008


def test_drawn_tokens_follow_the_models_distribution() -> None:
    model, n = make_model().eval(), 20_000
    batch = TextBatch(SOURCE[:1].expand(n, -1), TARGET[:1].expand(n, -1))
    torch.manual_seed(1)
    prefix_BT = mixed_prefix(model, batch, 0.0, ScheduledSampling.Options())
    states_TD = model.states(model.encoder(SOURCE[:1]), TARGET[:1])[0]
    for t in range(TARGET.shape[1]):
        share_V = torch.bincount(prefix_BT[:, t], minlength=11) / n
        expected_V = model.word_log_probs(states_TD[t]).exp()
        torch.testing.assert_close(share_V.double(), expected_V.double(), atol=0.02, rtol=0)


def sequential_prefix(model: Transformer, batch: TextBatch, keep: float, choice: str) -> torch.Tensor:
    """Token by token, by the decoder's protocol, with the random numbers that `mixed_prefix` uses."""
    target_BT = batch.target_BT
    kept_BT, uniform_BT = torch.rand(target_BT.shape) < keep, torch.rand(target_BT.shape)
    state = model.start(batch.source_BS, target_BT.shape[1])
    token_B, tokens = torch.full_like(target_BT[:, 0], BOS), []
    for t in range(target_BT.shape[1]):
        log_prob_BV = model.step(token_B, state)
        drawn_B = (
            log_prob_BV.argmax(1) if choice == "argmax" else invert_cumulative(log_prob_BV.exp(), uniform_BT[:, t])
        )
        true_B = target_BT[:, t]
        token_B = torch.where(kept_BT[:, t] | (true_B == PAD), true_B, drawn_B)
        tokens.append(token_B)
    return torch.stack(tokens, 1)


@pytest.mark.parametrize("choice", ["sample", "argmax"])
@pytest.mark.parametrize("keep", [0.0, 0.4])
def test_as_many_passes_as_tokens_draw_one_token_after_the_other(choice: str, keep: float) -> None:
    model = make_model().eval()
    batch = TextBatch(SOURCE.repeat(20, 1), TARGET.repeat(20, 1))
    torch.manual_seed(7)
    expected_BT = sequential_prefix(model, batch, keep, choice)
    agreeing = []
    for passes in (1, 2, 3, 4, 5):
        torch.manual_seed(7)
        options = ScheduledSampling.Options(choice=choice, passes=passes)
        got_BT = mixed_prefix(model, batch, keep, options)
        assert torch.equal(got_BT[:, :passes], expected_BT[:, :passes])
        agreeing.append(int((got_BT == expected_BT).all(1).sum()))
    assert agreeing[0] < agreeing[-1] == len(batch)


def test_argmax_shows_the_likeliest_tokens() -> None:
    model = make_model().eval()
    prefix_BT = mixed_prefix(model, BATCH, 0.0, ScheduledSampling.Options(choice="argmax"))
    best_BT = model.word_log_probs(model.states(model.encoder(SOURCE), TARGET))[:, :-1].argmax(-1)
    assert torch.equal(prefix_BT, torch.where(TARGET == PAD, PAD, best_BT))


@pytest.mark.parametrize("options", [dict(k=1.0), dict(k=0.0, choice="argmax"), dict(k=0.0, choice="argmax", passes=3)])
def test_padding_and_order_of_a_batch_do_not_matter_without_chance(options: dict) -> None:
    model, objective = make_model(), make_objective(schedule="constant", label_smoothing=0.1, **options)
    padded = TextBatch(*(torch.nn.functional.pad(ids, (0, 2), value=PAD) for ids in (SOURCE, TARGET)))
    expected = loss_and_gradient(objective, model)
    for other in (padded, TextBatch(SOURCE.flip(0), TARGET.flip(0))):
        torch.testing.assert_close(loss_and_gradient(objective, model, other), expected)


def test_the_gradient_takes_the_prefix_as_given() -> None:
    """And counts, averages and smooths as maximum likelihood does."""
    model, options = make_model(), dict(label_smoothing=0.1, average="sentence")
    objective = make_objective(schedule="constant", k=0.5, **options)
    torch.manual_seed(2)
    got = loss_and_gradient(objective, model)
    torch.manual_seed(2)
    prefix_BT = mixed_prefix(model, BATCH, 0.5, objective.options)

    class Shown(torch.nn.Module):
        def log_prob(self, batch):
            return model.prefixed_log_prob(batch, prefix_BT)

        zero_grad, parameters = model.zero_grad, model.parameters

    assert not torch.equal(prefix_BT, TARGET)
    torch.testing.assert_close(got, loss_and_gradient(MLE(MLE.Options(**options), SPEC), Shown()))


def test_a_step_depends_on_its_number_and_the_global_generator_only() -> None:
    model, objective = make_model(dropout=0.2).train(), make_objective(schedule="linear", steps=10)
    for step in (0, 3):  # what came before leaves no trace
        loss_and_gradient(objective, model, step=step)
    state = torch.get_rng_state()
    first = loss_and_gradient(objective, model, step=5)
    torch.set_rng_state(state)
    again = loss_and_gradient(make_objective(schedule="linear", steps=10), model, step=5)
    assert torch.equal(first, again)
    assert model.training


def test_every_weight_has_a_gradient_in_half_precision() -> None:
    """Autocast may keep cast weights: those of the pass without gradient must not serve the one with it."""
    model, objective = make_model().float(), make_objective(schedule="constant", k=0.5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = objective.losses(model, BATCH)["model"]
    loss.total.backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_targets_without_tokens_are_possible() -> None:
    empty = TextBatch(SOURCE, torch.full((3, 0), PAD))
    loss = make_objective(schedule="constant", k=0.0).losses(make_model(), empty)["model"]
    assert torch.isfinite(loss.total)


# Where it comes to rest

COUNTS_PAIRS = np.array([[65, 20, 15], [5, 20, 35], [5, 5, 30]])
"""A language of pairs: how many of 200 strings are each."""


def rest(counts: np.ndarray, steps: int, **options) -> np.ndarray:
    """Train a small Transformer on a language, and return the joint distribution that it gives the same strings."""
    torch.manual_seed(0)
    strings = torch.tensor(list(np.ndindex(*counts.shape)))
    first_symbol = UNK + 1
    sizes = Transformer.Options(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=8)
    model = Transformer(sizes, TextSpec(first_symbol + max(counts.shape)))
    data_BT = (strings + first_symbol).repeat_interleave(torch.tensor(counts.ravel()), 0).repeat(2, 1)
    batch = TextBatch(torch.full((len(data_BT), 1), EOS), data_BT)
    objective = make_objective(schedule="constant", **options)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    for step in range(steps):
        loss = objective.losses(model, batch, step)["model"]
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
        decay.step()
    every = replace(batch, source_BS=batch.source_BS[: len(strings)], target_BT=strings + first_symbol)
    return model.eval().log_prob(every).total_B.detach().exp().numpy().reshape(counts.shape)


@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_it_rests_between_the_language_and_independence(keep: float) -> None:
    """The fixed point of the algorithm as it is run, ε P + (1−ε) P₁P₂, which is not P."""
    p = COUNTS_PAIRS / COUNTS_PAIRS.sum()
    q = rest(COUNTS_PAIRS, 300, k=keep)
    q_X, q_XY = closed_form.fixed_point(p, keep)
    np.testing.assert_allclose(q.sum(1), q_X, atol=0.01)
    np.testing.assert_allclose(q / q.sum(1, keepdims=True), q_XY, atol=0.02)
    np.testing.assert_allclose(q, keep * p + (1 - keep) * np.outer(p.sum(1), p.sum(0)), atol=0.01)
    assert np.abs(q - p).max() > 0.05


def test_argmax_spoils_what_follows_the_likeliest_symbol_only() -> None:
    p = COUNTS_PAIRS / COUNTS_PAIRS.sum()
    q = rest(COUNTS_PAIRS, 300, k=0.5, choice="argmax")
    q_XY = closed_form.best_conditional_argmax(p, p.sum(1), 0.5)
    np.testing.assert_allclose(q.sum(1), p.sum(1), atol=0.01)
    np.testing.assert_allclose(q / q.sum(1, keepdims=True), q_XY, atol=0.02)


class Table(torch.nn.Module):
    """Free probabilities of the next of two symbols after every prefix; all strings have one length."""

    first_symbol = UNK + 1

    def __init__(self, conditionals: list[np.ndarray]):
        super().__init__()
        self.logits = torch.nn.ParameterList(torch.tensor(conditional).log() for conditional in conditionals)

    def encode(self, source_BS):
        return None

    def states(self, encoded, prefix_BT):
        before = [tuple((prefix_BT[:, :n] - self.first_symbol).T) for n in range(len(self.logits))]
        rows = [logits[symbols].expand(len(prefix_BT), 2) for logits, symbols in zip(self.logits, before, strict=True)]
        return torch.stack([*rows, torch.zeros_like(rows[0])], 1)

    def word_log_probs(self, hidden):
        return torch.nn.functional.pad(hidden.log_softmax(-1), (self.first_symbol, 0), value=-torch.inf)

    def prefixed_log_prob(self, batch, prefix_BT):
        log_prob_BTV = self.word_log_probs(self.states(None, prefix_BT)[:, :-1])
        total_B = log_prob_BTV.gather(2, batch.target_BT[:, :, None]).sum((1, 2))
        return LogProb(total_B, torch.full_like(batch.target_BT[:, 0], batch.target_BT.shape[1]))


@pytest.mark.parametrize(("passes", "at_rest"), [(1, False), (2, True), (3, True)])
def test_strings_of_three_rest_where_the_recursion_says_if_drawn_one_after_the_other(
    passes: int, at_rest: bool
) -> None:
    """There the gradient is 0; one pass draws the second token after the true first one, and rests elsewhere."""
    counts = np.array([[[90, 20], [10, 10]], [[10, 10], [20, 130]]])
    model = Table(closed_form.predictors(counts / counts.sum(), 0.5))
    strings = torch.tensor(list(np.ndindex(*counts.shape))) + Table.first_symbol
    target_BT = strings.repeat_interleave(torch.tensor(counts.ravel()), 0).repeat(1000, 1)
    objective = make_objective(schedule="constant", k=0.5, passes=passes)
    torch.manual_seed(0)
    loss = objective.losses(model, TextBatch(torch.full((len(target_BT), 1), EOS), target_BT))["model"]
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss.total / len(target_BT), model.parameters())])
    assert (float(gradient.abs().max()) < 0.004) == at_rest  # by chance alone, about 0.001
