import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import entropy

from beyond_mle.errors import UserError
from beyond_mle.formulas.exponential_optimum import greedy_of, optimum

AVERAGES = ("token", "sentence")
P4 = np.array([0.5, 0.3, 0.15, 0.05])
distributions = st.integers(2, 12).flatmap(
    lambda n: arrays(np.float64, n, elements=st.floats(0.01, 1)).map(lambda a: a / a.sum())
)


@given(distributions, st.integers(4, 30), st.floats(0, 3.9), st.sampled_from(AVERAGES))
def test_equal_lengths_give_a_power_of_p(p, length, order, average):
    q = optimum(p, np.full(len(p), length), order, average)
    power = p ** (1 / (1 - order / length))
    np.testing.assert_allclose(q, power / power.sum(), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (0.25, (0.5704, 0.2886, 0.1145, 0.0265)),
        (0.5, (0.6849, 0.2466, 0.0616, 0.0068)),
        (0.75, (0.8789, 0.1139, 0.0071, 0.0001)),
    ],
)
def test_single_tokens_by_hand(order, expected):
    np.testing.assert_allclose(optimum(P4, np.ones(4), order, "token"), expected, atol=6e-5)


@given(distributions, st.data())
def test_order_zero_is_maximum_likelihood(p, data):
    lengths = data.draw(arrays(np.int64, len(p), elements=st.integers(1, 30)))
    np.testing.assert_allclose(optimum(p, lengths, 0, "token"), p, rtol=1e-9)
    np.testing.assert_allclose(optimum(p, lengths, 1e-9, "token"), p, rtol=1e-6)
    per_token = p / lengths
    np.testing.assert_allclose(optimum(p, lengths, 0, "sentence"), per_token / per_token.sum(), rtol=1e-9)


@given(distributions, st.data(), st.sampled_from(AVERAGES))
def test_the_condition_of_optimality_holds_for_mixed_lengths(p, data, average):
    lengths = data.draw(arrays(np.int64, len(p), elements=st.integers(5, 20)))
    order = data.draw(st.floats(0.1, 4.5))
    q = optimum(p, lengths, order, average)
    assert q.sum() == pytest.approx(1)
    weights = lengths if average == "token" else 1
    log_gradient = np.log(p * weights * order / lengths) + (order / lengths - 1) * np.log(q)
    np.testing.assert_allclose(log_gradient, log_gradient[0], atol=1e-7)


@pytest.mark.parametrize("average", AVERAGES)
def test_a_general_optimiser_finds_the_same(average):
    lengths, order = np.array([6, 9, 5, 12]), 3.0
    weights = lengths if average == "token" else np.ones(4)

    def loss(logits):
        return -np.sum(P4 * weights * softmax(logits) ** (order / lengths))

    found = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(softmax(found.x), optimum(P4, lengths, order, average), atol=1e-5)


@given(distributions, st.integers(4, 20), st.floats(0, 3.9), st.floats(0, 3.9))
def test_entropy_falls_with_the_order(p, length, one, other):
    lengths = np.full(len(p), length)
    less, more = sorted([one, other])
    assert entropy(optimum(p, lengths, more, "token")) <= entropy(optimum(p, lengths, less, "token")) + 1e-9


@pytest.mark.parametrize("order", [4, 7.5])
def test_an_order_at_or_above_every_length_gives_one_hot(order):
    np.testing.assert_array_equal(optimum(P4, np.full(4, 4), order, "token"), [1, 0, 0, 0])
    # A vertex scores p_i w_i: with token averages the longer output can win.
    np.testing.assert_array_equal(optimum(P4, np.array([1, 4, 1, 1]), order, "token"), [0, 1, 0, 0])
    np.testing.assert_array_equal(optimum(P4, np.array([1, 4, 1, 1]), order, "sentence"), [1, 0, 0, 0])


def test_an_order_between_the_lengths_is_refused():
    with pytest.raises(UserError, match="shortest output's length, 5 tokens: lower the order 8"):
        optimum(P4, np.array([5, 9, 10, 11]), 8, "token")


def test_tiny_probabilities_do_not_underflow():
    p = np.array([1 - 1e-150, 1e-150])
    q = optimum(p, np.array([5, 5]), 2, "token")
    assert math.log(q[1]) == pytest.approx(5 / 3 * math.log(1e-150))


def test_one_output_only():
    np.testing.assert_allclose(optimum(np.ones(1), np.array([7]), 3, "sentence"), [1])


def test_greedy_follows_the_likeliest_prefix():
    q = {("a", "x"): 0.4, ("b", "x"): 0.3, ("b", "y"): 0.2, ("b",): 0.1}
    assert greedy_of(q) == ("b", "x")


def test_greedy_ends_where_the_end_is_likeliest():
    assert greedy_of({("a",): 0.5, ("a", "b"): 0.3, ("a", "c"): 0.2}) == ("a",)
    assert greedy_of({("a",): 0.4, ("a", "b"): 0.6}) == ("a", "b")
    assert greedy_of({(): 0.6, ("a",): 0.4}) == ()


@given(st.dictionaries(st.lists(st.sampled_from("abc"), max_size=4).map(tuple), st.floats(0.01, 1), min_size=1))
def test_greedy_stays_on_the_support_and_beats_nothing_but_the_mode(q):
    greedy = greedy_of(q)
    assert greedy in q
    if max(q.values()) > sum(q.values()) / 2:
        assert greedy == max(q, key=q.get)  # a majority is never missed
