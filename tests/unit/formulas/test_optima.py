import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import rel_entr, softmax
from scipy.stats import entropy

from beyond_mle.formulas import exponential_optimum
from beyond_mle.formulas.optima import escort, exponent, power_optimum

P4 = np.array([0.5, 0.3, 0.15, 0.05])
distributions = st.integers(2, 12).flatmap(
    lambda n: arrays(np.float64, n, elements=st.floats(0.01, 1)).map(lambda a: a / a.sum())
)


@pytest.mark.parametrize(
    ("length", "order", "beta"),
    [(25, 1, 1.042), (25, 3, 1.136), (8, 3, 1.6), (4, 3, 4), (3, 3, math.inf), (2, 3, math.inf)],
)
def test_exponents_by_hand(length, order, beta):
    assert exponent(length, order) == pytest.approx(beta, abs=5e-4)


@given(distributions, st.floats(0.01, 0.99))
def test_the_escort_is_the_optimum_of_the_convex_loss(p, order):
    closed = exponential_optimum.optimum(p, np.ones(len(p)), order, "sentence")
    np.testing.assert_allclose(escort(p, exponent(1, order)), closed, rtol=1e-9, atol=1e-12)


def test_the_escort_with_an_infinite_exponent_is_one_hot():
    np.testing.assert_array_equal(escort(P4[::-1], math.inf), [0, 0, 0, 1])


@given(distributions, st.floats(0, 20), st.floats(0, 20))
def test_entropy_falls_with_the_exponent(p, one, other):
    less, more = sorted([one, other])
    assert entropy(escort(p, more)) <= entropy(escort(p, less)) + 1e-9


@given(distributions, st.floats(0.5, 5))
def test_the_slope_of_the_entropy(p, beta):
    """dH/dβ = −β Var[log p] under the escort."""
    step = 1e-5
    slope = (entropy(escort(p, beta + step)) - entropy(escort(p, beta - step))) / (2 * step)
    q, log_p = escort(p, beta), np.log(p)
    assert slope == pytest.approx(-beta * (q @ log_p**2 - (q @ log_p) ** 2), abs=1e-6)


@given(distributions, st.floats(0.01, 0.95), st.data())
def test_the_convex_loss_is_a_renyi_divergence_to_the_escort(p, a, data):
    """log E_P[Q^a] = (1−a) log C − (1−a) D_a(Q‖P̃) for every Q."""
    weights = data.draw(arrays(np.float64, len(p), elements=st.floats(0.01, 1)))
    q = weights / weights.sum()
    target = escort(p, 1 / (1 - a))
    log_c = np.log(np.sum(p ** (1 / (1 - a))))
    renyi = np.log(np.sum(q**a * target ** (1 - a))) / (a - 1)
    assert np.log(p @ q**a) == pytest.approx((1 - a) * log_c - (1 - a) * renyi, abs=1e-9)


@settings(max_examples=40)
@given(distributions, st.floats(0.3, 0.95), st.data())
def test_the_power_optimum_satisfies_its_condition(p, order, data):
    lengths = data.draw(arrays(np.int64, len(p), elements=st.integers(1, 6)))
    average = data.draw(st.sampled_from(["token", "sentence"]))
    q = power_optimum(p, lengths, order, average)
    assert q.sum() == pytest.approx(1, abs=1e-9)
    weights = p * lengths ** -float(order) * (lengths if average == "token" else 1)
    u = -np.log(q)
    log_gradient = np.log(weights) + (order - 1) * np.log(u) + u
    np.testing.assert_allclose(log_gradient, log_gradient[0], atol=1e-6)


@pytest.mark.parametrize("p", [P4, np.array([0.85, 0.1, 0.05]), np.array([0.3, 0.28, 0.22, 0.2])])
@pytest.mark.parametrize("order", [0.3, 0.5, 0.8])
def test_no_start_of_a_general_optimiser_beats_the_power_optimum(p, order):
    def loss(logits):
        return p @ (-np.log(softmax(logits))) ** order

    best = loss(np.log(power_optimum(p, np.ones(len(p)), order, "sentence")))
    starts = np.random.default_rng(0).normal(size=(8, len(p)))
    found = min(minimize(loss, start, method="BFGS", options={"gtol": 1e-9}).fun for start in [np.log(p), *starts])
    assert best == pytest.approx(found, abs=1e-9)


def test_the_power_optimum_is_sharper_than_p_and_tends_to_it():
    entropies = [entropy(power_optimum(P4, np.ones(4), order, "token")) for order in (0.3, 0.6, 0.9, 1)]
    assert entropies == sorted(entropies)
    assert entropies[-1] == pytest.approx(entropy(P4), abs=1e-12)
    near = power_optimum(P4, np.ones(4), 0.99, "token")
    assert rel_entr(P4, near).sum() < 1e-4
