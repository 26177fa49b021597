"""The hidden Markov model over words: against hmmlearn, by counting, and with words and states that it is not told."""

import warnings

import numpy as np
import pytest
import torch
from hmmlearn.hmm import CategoricalHMM
from sentences import batch_of, drawn

from beyond_mle.models.hidden_markov import HiddenMarkov
from beyond_mle.symbols import BOS, EOS
from beyond_mle.text.padding import ended, unpad
from beyond_mle.types import TextBatch, TextSpec

SPEC = TextSpec(9)
ROWS = [row for row in drawn(120) if row]


def make(states: int = 3, seed: int = 0, **options: float) -> HiddenMarkov:
    torch.manual_seed(seed)
    return HiddenMarkov(HiddenMarkov.Options(states=states, **options), SPEC)


def climb(model: HiddenMarkov, batch: TextBatch, steps: int) -> list[float]:
    """The log-likelihood before each step, and after the last."""
    values = []
    for step in range(steps + 1):
        expectation = model.e_step(batch)
        values.append(expectation.log_prob.total_B.sum().item())
        if step < steps:
            model.m_step(expectation.statistics(torch.ones(len(batch), dtype=torch.float64)))
    return values


def test_it_equals_hmmlearn_step_by_step():
    """Neutral priors there, and EOS as a symbol like others."""
    model, batch, steps = make(), batch_of(ROWS), 12
    reference = CategoricalHMM(
        3, startprob_prior=1, transmat_prior=1, emissionprob_prior=1, n_iter=steps, tol=-np.inf, init_params="",
    )  # fmt: skip
    reference.startprob_ = model.start_K.softmax(0).detach().numpy()
    reference.transmat_ = model.transition_KK.softmax(1).detach().numpy()
    reference.emissionprob_ = model.emission_KV.softmax(1).detach().numpy()
    symbols = [np.array([*row, EOS]) - EOS for row in ROWS]
    sequence, lengths = np.concatenate(symbols)[:, None], [len(row) for row in symbols]
    reference.n_features = SPEC.vocabulary_size - EOS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference.fit(sequence, lengths)
    values = climb(model, batch, steps)
    np.testing.assert_allclose(values[:steps], list(reference.monitor_.history)[-steps:], rtol=1e-9)
    assert values[-1] == pytest.approx(reference.score(sequence, lengths), rel=1e-9)
    np.testing.assert_allclose(model.start_K.softmax(0).detach(), reference.startprob_, atol=1e-6)
    np.testing.assert_allclose(model.transition_KK.softmax(1).detach(), reference.transmat_, atol=1e-6)
    np.testing.assert_allclose(model.emission_KV.softmax(1).detach(), reference.emissionprob_, atol=1e-6)
    paths_BT, log_prob_B = model.viterbi(batch)
    total, expected = reference.decode(sequence, lengths)
    assert log_prob_B.sum().item() == pytest.approx(total)
    assert paths_BT[paths_BT >= 0].tolist() == expected.tolist()


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_a_step_never_lowers_the_likelihood(smoothing):
    values = climb(make(4, smoothing=smoothing), batch_of(ROWS), 60)
    assert np.diff(values).min() >= -1e-9
    assert values[-1] > values[0] + 50


def test_all_sentences_up_to_a_length_and_what_is_longer_sum_to_one():
    """With two words and EOS; the rest is what has not ended yet."""
    torch.manual_seed(1)
    model = HiddenMarkov(HiddenMarkov.Options(states=3), TextSpec(5))
    rows = [[]] + [list(map(int, f"{n:0{length}b}")) for length in range(1, 5) for n in range(2**length)]
    batch = batch_of([[3 + word for word in row] for row in rows])
    longest = batch_of([[3 + word for word in row] for row in rows if len(row) == 4])
    log_q_BT = model.token_log_prob(longest).log_q_BT
    open_mass = log_q_BT[:, :4].sum(1).exp() * (1 - log_q_BT[:, 4].exp())
    assert (model.log_prob(batch).total_B.exp().sum() + open_mass.sum()).item() == pytest.approx(1, abs=1e-12)


def test_samples_are_as_frequent_as_they_are_likely():
    model, n = make(2), 20_000
    state, token_R = model.start(torch.zeros(n, 1, dtype=torch.long), 30), torch.full((n,), BOS)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        first_R = torch.multinomial(model.step(token_R, state).exp(), 1, generator=generator)[:, 0]
        second_R = torch.multinomial(model.step(first_R, state).exp(), 1, generator=generator)[:, 0]
        likely = model.log_prob(batch_of([[5], [8]])).total_B.exp()
    for row, word in enumerate((5, 8)):
        share = ((first_R == word) & (second_R == EOS)).double().mean().item()
        assert share == pytest.approx(likely[row].item(), abs=4 * (likely[row].item() / n) ** 0.5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_state_is_the_unigram_model(smoothing):
    """Relative frequencies; those of which, mixed with equal odds, the likelihood is greatest."""
    model, batch = make(1, smoothing=smoothing), batch_of(ROWS)
    climb(model, batch, 1 if not smoothing else 400)
    words = ended(batch.target_BT)
    share_V = torch.bincount(words[words > 0], minlength=9)[EOS:] / (words > 0).sum()
    if not smoothing:
        torch.testing.assert_close(model.log_emission_KV[0].exp().detach(), share_V.double())
    else:  # where mixing can reach a share, the mixture equals it, up to one factor
        ratio_V = (model.log_emission_KV[0].exp() / share_V).detach()[share_V > 0.1]
        torch.testing.assert_close(ratio_V, ratio_V[:1].expand_as(ratio_V))


def test_a_word_never_seen_is_impossible_unless_smoothed():
    for smoothing, expected in ((0.0, -np.inf), (0.05, None)):
        model = make(3, smoothing=smoothing)
        climb(model, batch_of([[3, 4], [5], [4, 4, 3]]), 20)
        total_B = model.log_prob(batch_of([[3, 8], [3, 4]])).total_B
        assert total_B[1].isfinite()
        assert total_B[0].isfinite() if expected is None else total_B[0] == expected
        (gradient,) = torch.autograd.grad(total_B[1], model.emission_KV)
        assert gradient.isfinite().all()


def test_a_word_never_seen_has_no_gradient_rather_than_a_broken_one():
    model = make(3)
    climb(model, batch_of([[3, 4], [5], [4, 4, 3]]), 20)
    total_B = model.log_prob(batch_of([[3, 8], [3, 4]])).total_B
    gradients = torch.autograd.grad(total_B[total_B.isfinite()].sum(), list(model.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_a_state_that_nothing_visits_stays_as_it_is():
    model = make(3)
    with torch.no_grad():
        model.start_K[1] = -torch.inf
        model.transition_KK[:, 1] = -torch.inf
    before = model.transition_KK[1].clone(), model.emission_KV[1].clone()
    values = climb(model, batch_of(ROWS), 5)
    assert np.isfinite(values).all()
    assert torch.equal(model.transition_KK[1], before[0])
    assert torch.equal(model.emission_KV[1], before[1])


# States that are given


def test_given_states_are_the_only_paths_that_count():
    model, rows = make(3, smoothing=0.1), [[3, 7, 4], [5]]
    everything = model.log_prob(batch_of(rows)).total_B.exp()
    parts = [model.log_prob(batch_of(rows, [[-1, state], [state]])).total_B.exp() for state in range(3)]
    torch.testing.assert_close(sum(parts), everything)
    known = model.posterior(batch_of(rows, [[-1, 2, 0], []])).state_BTK
    assert known[0, 1].tolist() == [0.0, 0.0, 1.0]
    assert known[0, 2].tolist() == [1.0, 0.0, 0.0]
    path_BT, _ = model.viterbi(batch_of(rows, [[-1, 2, 0], []]))
    assert path_BT[0, 1:3].tolist() == [2, 0]


def test_with_all_states_given_one_step_counts_them():
    rows, hidden = [[3, 4, 3], [4, 5]], [[0, 1, 0], [1, 1]]
    model = make(2)
    with torch.no_grad():  # EOS has no given state: let state 1 alone say it
        model.emission_KV[0, 0] = -torch.inf
    climb(model, batch_of(rows, hidden), 1)
    torch.testing.assert_close(model.start_K.softmax(0).tolist(), [0.5, 0.5])
    torch.testing.assert_close(model.transition_KK.softmax(1)[0].tolist(), [0.0, 1.0])
    torch.testing.assert_close(model.transition_KK.softmax(1)[1].tolist(), [1 / 3, 2 / 3])
    torch.testing.assert_close(model.emission_KV.softmax(1)[0, :4].tolist(), [0.0, 1.0, 0.0, 0.0])
    torch.testing.assert_close(model.emission_KV.softmax(1)[1, :4].tolist(), [2 / 5, 0.0, 2 / 5, 1 / 5])


def test_partly_given_states_name_the_states_that_are_learnt():
    """Two kinds of words that follow each other: a few given states tell which state is which, in every sentence."""
    generator = torch.Generator().manual_seed(3)
    rows, hidden = [], []
    for n in range(200):
        kinds = [(n + t) % 2 for t in range(6)]
        rows.append([3 + 3 * kind + int(torch.randint(0, 3, (), generator=generator)) for kind in kinds])
        hidden.append([kind if n < 10 else -1 for kind in kinds])
    for seed in range(3):
        model, batch = make(2, seed=seed), batch_of(rows, hidden)
        values = climb(model, batch, 60)
        assert np.diff(values).min() >= -1e-9
        path_BT, _ = model.viterbi(TextBatch(batch.source_BS, batch.target_BT))
        assert path_BT[:, :6].tolist() == [[(n + t) % 2 for t in range(6)] for n in range(200)]


def test_it_decodes_what_it_scores():
    """The words that filters predict are those of which `log_prob` is made, whatever the source."""
    model, batch = make(3, smoothing=0.1), batch_of(ROWS[:6])
    state = model.start(torch.zeros(6, 4, dtype=torch.long), 9)
    fed_B, total_B = torch.full((6,), BOS), torch.zeros(6, dtype=torch.float64)
    for word_B in ended(batch.target_BT).T:
        log_q_BV = model.step(fed_B, state)
        total_B += torch.where(word_B > 0, log_q_BV.gather(1, word_B[:, None])[:, 0], 0.0)
        fed_B = word_B
    torch.testing.assert_close(total_B, model.log_prob(batch).total_B)
    assert unpad(batch.target_BT) == ROWS[:6]
