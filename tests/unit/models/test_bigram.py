"""The bigram model: relative frequencies, smoothed by fixed weights."""

import math

import pytest
import torch
from sentences import batch_of

from beyond_mle.models.bigram import Bigram
from beyond_mle.symbols import BOS, EOS
from beyond_mle.types import TextSpec

A, B, UNSEEN = 3, 4, 5
ROWS = [[A, B, A], [A], []]
"""BOS A B A EOS, BOS A EOS, BOS EOS: A is followed by B, EOS, EOS."""


def counted(**options: float) -> Bigram:
    model = Bigram(Bigram.Options(**options), TextSpec(6))
    for batch in (batch_of(ROWS),) * 2:  # the second step finds the same again
        expectation = model.e_step(batch)
        model.m_step(expectation.statistics(torch.ones(len(ROWS), dtype=torch.float64)))
    return model


def q(model: Bigram, before: int, word: int) -> float:
    with torch.no_grad():
        return model.step(torch.tensor([before]), model.start(torch.zeros(1, 1), 3))[0, word].exp().item()


def test_without_smoothing_they_are_relative_frequencies():
    model = counted(unigram=0)
    assert [q(model, BOS, A), q(model, BOS, EOS)] == pytest.approx([2 / 3, 1 / 3])
    assert [q(model, A, B), q(model, A, EOS)] == pytest.approx([1 / 3, 2 / 3])
    assert q(model, B, A) == pytest.approx(1)
    log_q_B = model.log_prob(batch_of([*ROWS, [B]])).total_B
    expected = [math.log(2 / 3 * 1 / 3 * 2 / 3), math.log(2 / 3 * 2 / 3), math.log(1 / 3), -math.inf]
    assert log_q_B.tolist() == pytest.approx(expected)


def test_smoothing_mixes_frequencies_whatever_comes_before_and_equal_odds():
    model = counted(unigram=0.2, smoothing=0.1)
    unigram_a = 0.9 * 3 / 7 + 0.1 / 4  # among A, A, A, B, EOS, EOS, EOS; and four ids that it can emit
    assert q(model, B, A) == pytest.approx(0.8 + 0.2 * unigram_a)
    assert q(model, A, A) == pytest.approx(0.2 * unigram_a)
    assert q(model, A, UNSEEN) == pytest.approx(0.2 * 0.1 / 4)
    assert q(model, UNSEEN, A) == pytest.approx(unigram_a)


def test_sentences_count_by_their_weights():
    model = Bigram(Bigram.Options(unigram=0), TextSpec(6))
    model.m_step(model.e_step(batch_of(ROWS)).statistics(torch.tensor([1.0, 0.0, 3.0])))
    assert [q(model, BOS, A), q(model, BOS, EOS)] == pytest.approx([1 / 4, 3 / 4])
