"""CMLM: what is hidden in training, what the log-probabilities count, and that evaluation is a distribution."""

import itertools
import math
from collections import Counter

import pytest
import torch
from scipy.stats import chisquare
from torch.nn import functional as F

from beyond_mle.models.cmlm import CMLM, hide_randomly
from beyond_mle.objectives.mle import MLE
from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import TextBatch, TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=2, max_positions=16)
SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS], [9, EOS, PAD, PAD, PAD]])
TARGET = torch.tensor([[9, 5, 5, 9], [7, PAD, PAD, PAD], [5, 6, 5, PAD]])
BATCH = TextBatch(SOURCE, TARGET)


def cmlm(vocabulary_size: int = 11, **options) -> CMLM:
    torch.manual_seed(0)
    return CMLM(CMLM.Options(**SIZES | options), TextSpec(vocabulary_size)).double().eval()


def by_position(model: CMLM, batch: TextBatch, input_BT: torch.Tensor) -> torch.Tensor:
    """log q(v at t | x, input) as [B, T, V − UNK], from the decoder's states and the whole vocabulary."""
    states = model.decode(model.encode(batch.source_BS), input_BT, batch.target_BT != PAD)
    return (states @ model.output_weight_VD.T).log_softmax(2)


def test_every_subset_of_tokens_is_hidden_as_often_as_it_should_be() -> None:
    """A subset of k of T tokens has probability 1/T · 1/C(T, k)."""
    n, length = 30_000, 4
    torch.manual_seed(1)
    target = torch.tensor([[5, 6, 7, 8, PAD, PAD]]).expand(n, -1)
    hidden = hide_randomly(target, UNK) == UNK
    counts = Counter(tuple(row.nonzero()[:, 0].tolist()) for row in hidden)
    subsets = [s for k in range(1, length + 1) for s in itertools.combinations(range(length), k)]
    assert set(counts) <= set(subsets)
    expected = [n / length / math.comb(length, len(subset)) for subset in subsets]
    assert chisquare([counts[subset] for subset in subsets], expected).pvalue > 0.001


def test_between_one_and_all_tokens_are_hidden_and_never_padding() -> None:
    torch.manual_seed(2)
    lengths = torch.arange(1, 9).repeat_interleave(200)
    real = torch.arange(10) < lengths[:, None]
    target = torch.where(real, torch.randint(4, 9, real.shape), PAD)
    given = hide_randomly(target, UNK)
    hidden = given == UNK
    assert torch.equal(given.where(~hidden, target), target)
    assert not (hidden & ~real).any()
    for length in range(1, 9):
        assert set(hidden[lengths == length].sum(1).tolist()) == set(range(1, length + 1))
    nothing = torch.full((50, 3), PAD)
    assert torch.equal(hide_randomly(nothing, UNK), nothing)


def test_a_true_unk_is_always_hidden() -> None:
    """The model cannot tell it from the mask, so official MLE counts it too."""
    model = cmlm().train()
    batch = TextBatch(torch.tensor([[5, EOS]]), torch.tensor([[UNK, 5, UNK, 6]]))
    for seed in range(20):
        torch.manual_seed(seed)
        drawn = hide_randomly(batch.target_BT, UNK)
        assert (drawn[0, [0, 2]] == UNK).all()
        torch.manual_seed(seed)
        assert model.log_prob(batch).hidden.length_B == (drawn == UNK).sum()


@pytest.mark.parametrize("seed", range(5))
def test_training_sums_all_tokens_and_apart_the_hidden_ones(seed: int) -> None:
    model = cmlm().train()
    torch.manual_seed(seed)
    log_prob = model.log_prob(BATCH)
    torch.manual_seed(seed)
    given = hide_randomly(TARGET, UNK)
    log_probs = by_position(model, BATCH, given)
    scores = log_probs.gather(2, (TARGET - UNK).clamp(min=0)[:, :, None])[:, :, 0]
    for part, chosen in ((log_prob, TARGET != PAD), (log_prob.hidden, given == UNK)):
        torch.testing.assert_close(part.total_B, scores.where(chosen, 0).sum(1))
        torch.testing.assert_close(part.uniform_B, log_probs.mean(2).where(chosen, 0).sum(1))
        assert torch.equal(part.length_B, chosen.sum(1))
        gradients = [
            torch.autograd.grad(total.sum(), model.embedding.token.weight, retain_graph=True)[0]
            for total in (part.total_B, scores.where(chosen, 0).sum(1))
        ]
        torch.testing.assert_close(*gradients)
    assert (log_prob.boundary, log_prob.hidden.boundary) == (2, 0)
    assert log_prob.hidden.hidden is None
    assert log_prob.hidden.length_log_prob_B is None
    torch.testing.assert_close(log_prob.length_log_prob_B, model.eval().log_prob(BATCH).length_log_prob_B)


def test_mle_averages_over_hidden_tokens_and_on_request_over_all_with_their_boundary_symbols() -> None:
    model = cmlm().train()
    for count_shown in (False, True):
        torch.manual_seed(3)
        log_prob = model.log_prob(BATCH)
        torch.manual_seed(3)
        objective = MLE(MLE.Options(count_shown=count_shown, length_factor=0), TextSpec(11))
        loss = objective.losses(model, BATCH)["model"]
        part = log_prob if count_shown else log_prob.hidden
        assert loss.count == (8 + 3 * 2 if count_shown else log_prob.hidden.length_B.sum())
        torch.testing.assert_close(loss.total, -part.total_B.sum())


def states_of(model: CMLM, target_BT: torch.Tensor, seed: int) -> torch.Tensor:
    """The decoder's last states in one training pass."""
    seen = []
    hook = model.norm.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    torch.manual_seed(seed)
    model.log_prob(TextBatch(SOURCE[:1], target_BT))
    hook.remove()
    [states] = seen
    return states


def test_only_shown_tokens_are_seen() -> None:
    model, target = cmlm().train(), torch.tensor([[9, 5, 5, 9]])
    kinds = Counter()
    for seed in range(6):
        torch.manual_seed(seed)
        given, before = hide_randomly(target, UNK), states_of(model, target, seed)
        for t in range(4):
            changed = target.clone()
            changed[0, t] = 8
            after = states_of(model, changed, seed)
            hidden = bool(given[0, t] == UNK)
            kinds[hidden] += 1
            # A shown token is seen from every position, a hidden one from none, its own among them.
            assert [torch.equal(before[0, u], after[0, u]) for u in range(4)] == [hidden] * 4
    assert min(kinds[True], kinds[False]) > 3


def test_training_is_random_and_evaluation_is_not() -> None:
    model = cmlm().train()
    batch = TextBatch(SOURCE[:1], TARGET[:1])
    assert len({model.log_prob(batch).total_B.item() for _ in range(10)}) > 1
    model.eval()
    state = torch.get_rng_state()
    first, second = model.log_prob(batch), model.log_prob(batch)
    assert torch.equal(first.total_B, second.total_B)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.hidden is None
    assert first.length_log_prob_B is not None
    assert first.boundary == 2


def test_evaluation_hides_everything() -> None:
    model = cmlm()
    log_prob, encoded = model.log_prob(BATCH), model.encode(SOURCE)
    all_hidden = TARGET.masked_fill(TARGET != PAD, UNK)
    scores = model.token_log_probs_given(encoded, all_hidden)
    real = TARGET != PAD
    torch.testing.assert_close(scores[real], model.token_log_probs(encoded, log_prob.length_B)[real])
    assert torch.isneginf(scores[:, :, [PAD, BOS, EOS]]).all()
    chosen = scores.gather(2, TARGET[:, :, None].clamp(min=UNK))[:, :, 0].where(real, 0)
    torch.testing.assert_close(chosen.sum(1).double(), log_prob.total_B, rtol=1e-5, atol=1e-6)
    total, count = model.entropy(BATCH)
    exact = torch.distributions.Categorical(logits=by_position(model, BATCH, all_hidden)).entropy()
    torch.testing.assert_close(total.double(), exact.where(real, 0).sum(1), rtol=1e-5, atol=1e-5)
    assert count.tolist() == [4, 1, 3]


def test_evaluation_is_a_distribution_over_strings() -> None:
    model = cmlm(vocabulary_size=6, max_length_offset=1)
    words = [w for length in (2, 3, 4) for w in itertools.product([UNK, 4, 5], repeat=length)]
    target = torch.tensor([[*w, *[PAD] * (4 - len(w))] for w in words])
    source = torch.tensor([[4, 5, EOS]]).expand(len(words), -1)  # lengths 2, 3, 4
    assert model.log_prob(TextBatch(source, target)).joint_B.exp().sum().item() == pytest.approx(1.0, abs=1e-6)


def test_padding_and_order_do_not_matter_in_evaluation() -> None:
    model = cmlm()
    whole, entropy = model.log_prob(BATCH), model.entropy(BATCH)
    order = torch.tensor([2, 0, 1])
    moved = TextBatch(F.pad(SOURCE, (0, 4))[order], F.pad(TARGET, (0, 3))[order])
    again = model.log_prob(moved)
    for name in ("total_B", "uniform_B", "length_log_prob_B"):
        torch.testing.assert_close(getattr(again, name), getattr(whole, name)[order])
    torch.testing.assert_close(model.entropy(moved)[0], entropy[0][order])
