import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import softmax

from beyond_mle.formulas.scheduled_sampling_optima import (
    best_conditional,
    best_conditional_argmax,
    decomposition,
    divergence,
    fixed_point,
    joint,
    minimiser,
    predictors,
)

PAIRS = np.random.RandomState(0).dirichlet([0.6] * 12).reshape(3, 4)
MARGINALS = np.outer(PAIRS.sum(1), PAIRS.sum(0))
KEEP = [0, 0.1, 0.5, 0.9]


def conditional(p_XY):
    return p_XY / p_XY.sum(1, keepdims=True)


def random_pair(seed: int) -> np.ndarray:
    return softmax(np.random.default_rng(seed).normal(size=(3, 4)))


@pytest.mark.parametrize(
    ("keep", "at_minimiser", "at_fixed_point", "at_truth"),
    [
        (0.5, 0.0383804, 0.0385143, 0.0858580),
        (0.9, 0.0146853, 0.0147400, 0.0171716),
        (0.1, 0.0140908, 0.0140919, 0.1545443),
    ],
)
def test_the_published_values(keep, at_minimiser, at_fixed_point, at_truth):
    solutions = [minimiser(PAIRS, keep), fixed_point(PAIRS, keep), (PAIRS.sum(1), conditional(PAIRS))]
    values = [divergence(PAIRS, *solution, keep) for solution in solutions]
    np.testing.assert_allclose(values, [at_minimiser, at_fixed_point, at_truth], atol=6e-8)


def test_the_published_shift_of_the_first_symbol():
    q_X, q_XY = minimiser(PAIRS, 0.5)
    np.testing.assert_allclose(PAIRS.sum(1), [0.1617, 0.1766, 0.6617], atol=6e-5)
    np.testing.assert_allclose(q_X, [0.1592, 0.1715, 0.6693], atol=6e-5)
    from_segment = np.abs(joint([q_X, q_XY]) - 0.5 * PAIRS - 0.5 * MARGINALS).max()
    assert from_segment == pytest.approx(0.00495, abs=6e-6)


@pytest.mark.parametrize("keep", KEEP)
def test_a_general_optimiser_finds_the_minimiser(keep):
    def loss(x):
        return divergence(PAIRS, softmax(x[:3]), softmax(x[3:].reshape(3, 4), axis=1), keep)

    q_X, q_XY = minimiser(PAIRS, keep)
    found = minimize(loss, np.zeros(15), method="BFGS", options={"gtol": 1e-9})
    assert divergence(PAIRS, q_X, q_XY, keep) == pytest.approx(found.fun, abs=1e-9)
    np.testing.assert_allclose(q_X, softmax(found.x[:3]), atol=1e-4)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 1))
def test_the_exact_identity_that_replaces_equations_7_and_8(seed_p, seed_q, keep):
    p, q = random_pair(seed_p), random_pair(seed_q)
    parts = q.sum(1), conditional(q)
    assert divergence(p, *parts, keep) == pytest.approx(decomposition(p, *parts, keep), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 1))
def test_no_conditional_beats_the_best_one(seed_p, seed_q, keep):
    p, q = random_pair(seed_p), random_pair(seed_q)
    q_X = q.sum(1)
    best = divergence(p, q_X, best_conditional(p, q_X, keep), keep)
    assert best <= divergence(p, q_X, conditional(q), keep) + 1e-12


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_fixed_point_lies_on_the_segment(seed, keep):
    p = random_pair(seed)
    expected = keep * p + (1 - keep) * np.outer(p.sum(1), p.sum(0))
    np.testing.assert_allclose(joint(fixed_point(p, keep)), expected, atol=1e-12)


@given(st.integers(0, 10_000), st.floats(0, 0.95))
def test_the_truth_is_not_the_optimum_below_one(seed, keep):
    p = random_pair(seed)
    truth = divergence(p, p.sum(1), conditional(p), keep)
    assert truth > divergence(p, *fixed_point(p, keep), keep) + 1e-9
    assert divergence(p, *minimiser(p, keep), keep) <= divergence(p, *fixed_point(p, keep), keep) + 1e-12


@pytest.mark.parametrize("solve", [fixed_point, minimiser])
def test_the_ends_are_independence_and_maximum_likelihood(solve):
    np.testing.assert_allclose(joint(solve(PAIRS, 0.0)), MARGINALS, atol=1e-12)
    np.testing.assert_allclose(joint(solve(PAIRS, 1.0)), PAIRS, atol=1e-12)


@pytest.mark.parametrize("keep", KEEP)
def test_argmax_corrupts_one_row_only(keep):
    """Against Bayes' rule over what is shown: the true symbol with probability ε, else the likeliest."""
    q_X = PAIRS.sum(1)
    m = int(np.argmax(q_X))
    got = best_conditional_argmax(PAIRS, q_X, keep)
    shown_XZ = keep * np.eye(3) + (1 - keep) * np.eye(3)[m]
    seen_ZY = shown_XZ.T @ PAIRS
    np.testing.assert_allclose(got[m], seen_ZY[m] / seen_ZY[m].sum(), atol=1e-12)
    others = np.arange(3) != m
    np.testing.assert_allclose(got[others], conditional(PAIRS)[others], atol=1e-12)


@pytest.mark.parametrize("keep", [*KEEP, 1])
def test_the_recursion_gives_the_fixed_point_of_length_two(keep):
    first, second = predictors(PAIRS, keep)
    q_X, q_XY = fixed_point(PAIRS, keep)
    np.testing.assert_allclose(first, q_X, atol=1e-12)
    np.testing.assert_allclose(second, q_XY, atol=1e-12)


TRIPLES = softmax(np.random.default_rng(5).normal(size=(2, 3, 4)))


def test_always_sampling_makes_every_predictor_a_counter():
    for n, conditional_n in enumerate(predictors(TRIPLES, 0.0)):
        others = tuple(axis for axis in range(3) if axis != n)
        np.testing.assert_allclose(conditional_n, np.broadcast_to(TRIPLES.sum(others), conditional_n.shape), atol=1e-12)


def test_never_sampling_gives_maximum_likelihood():
    np.testing.assert_allclose(joint(predictors(TRIPLES, 1.0)), TRIPLES, atol=1e-12)


def test_length_three_against_simulation():
    """Bayes' predictor of the clean third symbol, by running the algorithm with its own first two predictors."""
    rng, keep, n = np.random.default_rng(0), 0.4, 200_000
    first, second, third = predictors(TRIPLES, keep)
    x = np.array(np.unravel_index(rng.choice(24, size=n, p=TRIPLES.ravel()), TRIPLES.shape)).T
    shown = np.where(rng.random(n) < keep, x[:, 0], rng.choice(2, size=n, p=first))
    own = (rng.random(n)[:, None] > second[shown].cumsum(1)).sum(1)
    shown_second = np.where(rng.random(n) < keep, x[:, 1], own)
    counts = np.zeros((2, 3, 4))
    np.add.at(counts, (shown, shown_second, x[:, 2]), 1)
    np.testing.assert_allclose(counts / counts.sum(2, keepdims=True), third, atol=0.015)
