import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from beyond_mle.report.intervals import NO_PRIOR, Estimate, Prior, fit_prior, q_values, survives_holm

RNG = np.random.default_rng
CONTRASTS, ITEMS = 40, 150


def test_equal_variances_are_pooled():
    variances = RNG(0).chisquare(2, 400) / 2 * 3.0
    prior = fit_prior(variances, [2] * 400)
    assert prior.df > 10
    assert prior.variance == pytest.approx(3, rel=0.2)
    assert Prior(np.inf, 2.0).moderate(70.0, 1) == (2.0, np.inf)


def test_a_prior_is_found_again():
    """Variances drawn from Smyth's model: d₀ s₀² / χ² with d₀ degrees of freedom."""
    rng = RNG(1)
    true = 6 * 4.0 / rng.chisquare(6, 20_000)
    prior = fit_prior(true * rng.chisquare(3, 20_000) / 3, [3] * 20_000)
    assert prior.df == pytest.approx(6, rel=0.1)
    assert prior.variance == pytest.approx(4, rel=0.05)


@given(st.floats(1e-3, 1e3))
def test_the_prior_s_degrees_of_freedom_solve_smyth_s_equation(scale: float):
    variances = scale * np.exp([-4.0, -1.0, 0.5, 2.0, 3.0])
    prior = fit_prior(variances, [4] * 5)
    logs = np.log(variances)
    assert special.polygamma(1, prior.df / 2) == pytest.approx(np.var(logs, ddof=1) - special.polygamma(1, 2))


def test_moderation_weighs_by_degrees_of_freedom():
    assert Prior(4, 1.0).moderate(6.0, 1) == (2.0, 5)
    assert Prior(4, 1.0).moderate(0.0, 0) == (1.0, 4)
    assert NO_PRIOR.moderate(6.0, 2) == (6.0, 2)


@pytest.mark.parametrize(("variances", "dfs"), [([], []), ([1.0], [2]), ([0.0, 0.0, 1.0], [2, 2, 2])])
def test_too_few_variances_have_no_prior(variances, dfs):
    assert fit_prior(variances, dfs) == NO_PRIOR


def test_one_part_is_student_s_interval():
    values = np.array([1.0, 2.0, 4.0])
    estimate = Estimate(values.mean(), ((values.var(ddof=1) / 3, 2),))
    expected = stats.ttest_1samp(values, 0)
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert estimate.p_value(0) == pytest.approx(expected.pvalue)


def test_two_parts_are_welch_s_interval():
    a, b = RNG(2).normal(0, 1, 5), RNG(3).normal(1, 4, 9)
    estimate = Estimate(a.mean() - b.mean(), ((a.var(ddof=1) / 5, 4), (b.var(ddof=1) / 9, 8)))
    expected = stats.ttest_ind(a, b, equal_var=False)
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert estimate.p_value(0) == pytest.approx(expected.pvalue)


def test_what_has_no_known_error_has_no_interval():
    assert np.isnan([*Estimate(1.0, ()).interval(), Estimate(1.0, ()).p_value(0)]).all()


def test_holm_rejects_step_by_step():
    # Sorted: .011 ≤ .05/4, .016 ≤ .05/3, .024 ≤ .05/2, and then .06 > .05/1.
    assert survives_holm([0.06, 0.011, 0.024, 0.016]).tolist() == [False, True, True, True]
    assert survives_holm([0.02, 0.011, 0.04, 0.03]).tolist() == [False, True, False, False]
    assert survives_holm([]).tolist() == []


def test_q_values_are_benjamini_and_hochberg_s():
    assert q_values([0.01, 0.04, 0.03, 0.2]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.2])


def simulate(seeds: int, effect: float, studies: int) -> dict[str, float]:
    """The share of intervals that hold the effect (coverage) and that exclude 0, by Student's t and by ours.

    Seeds, items and seeds-by-items have comparable variances; those of seeds differ by e^±0.5 between contrasts.
    """
    rng = RNG(seeds)
    counts = dict.fromkeys(("t covers", "covers", "t finds", "finds"), 0.0)
    for _ in range(studies):
        spread = np.exp(rng.uniform(-0.5, 0.5, CONTRASTS)) * 0.7
        seed = rng.normal(0, spread[:, None], (CONTRASTS, seeds))
        item = rng.normal(0, 0.5 * np.sqrt(ITEMS), (CONTRASTS, 1, ITEMS))
        both = rng.normal(0, 0.5 * np.sqrt(ITEMS), (CONTRASTS, seeds, ITEMS))
        values = effect + seed[:, :, None] + item + both  # contrast × seed × item
        by_seed, by_item = values.mean(2), values.mean(1)
        prior = fit_prior(by_seed.var(1, ddof=1), [seeds - 1] * CONTRASTS)
        for one, variance in zip(by_seed, by_item.var(1, ddof=1) / ITEMS, strict=True):
            moderated, df = prior.moderate(one.var(ddof=1), seeds - 1)
            plain = Estimate(one.mean(), ((one.var(ddof=1) / seeds, seeds - 1),))
            ours = Estimate(one.mean(), ((moderated / seeds, df), (variance, ITEMS - 1)))
            for name, estimate in (("t ", plain), ("", ours)):
                low, high = estimate.interval()
                counts[f"{name}covers"] += low <= effect <= high
                counts[f"{name}finds"] += not low <= 0 <= high
    return {name: count / studies / CONTRASTS for name, count in counts.items()}


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_intervals_cover_what_they_should(seeds: int):
    assert 0.93 <= simulate(seeds, 0.0, 100)["covers"] <= 0.98


def test_two_seeds_have_more_power_than_student_s_t():
    found = simulate(2, 3.0, 100)
    assert found["finds"] >= 1.2 * found["t finds"]
    assert 0.93 <= found["covers"] <= 0.98


def test_student_s_t_over_five_seeds_alone_misses_the_items():
    assert simulate(5, 0.0, 100)["t covers"] < 0.9
