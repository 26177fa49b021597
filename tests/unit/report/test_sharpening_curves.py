import numpy as np
import pytest
from scipy.stats import entropy

from beyond_mle.report import sharpening_curves
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions

ONE_LENGTH = FiniteLanguage(StringsOptions(symbols=[2, 2, 2]))
MIXED = FiniteLanguage(StringsOptions(symbols=[2, 2, 2], shortest=2))


def test_ranked_starts_with_p_in_falling_order():
    frame = sharpening_curves.ranked(ONE_LENGTH, [0, 3])
    assert frame[frame.order == 0].probability.tolist() == pytest.approx(sorted(ONE_LENGTH.p_N, reverse=True))
    assert frame[frame.order == 3].probability.tolist() == pytest.approx([1] + [0] * 7)
    assert frame[frame.order == 0]["rank"].tolist() == list(range(1, 9))


def test_entropies_fall_from_that_of_p_and_have_a_gap_where_there_is_no_closed_form():
    frame = sharpening_curves.entropies({"one": ONE_LENGTH, "mixed": MIXED}, 4.0)
    one, mixed = frame[frame.task == "one"], frame[frame.task == "mixed"]
    assert one.entropy.iloc[0] == pytest.approx(entropy(ONE_LENGTH.p_N))
    assert (np.diff(one.entropy) < 1e-9).all()
    assert not mixed.order.between(2, 3, inclusive="left").any()
    assert mixed.order.max() == 4


def test_exponents_only_where_the_order_is_below_the_length():
    frame = sharpening_curves.exponents([1, 3], 5)
    assert frame[frame.order == 3].length.tolist() == [4, 5]
    assert frame[frame.order == 3].exponent.tolist() == [4, 2.5]


def test_weights_are_those_of_the_formulas():
    frame = sharpening_curves.gradient_weights([3], [0.5], length=10)
    g = frame.mean_log_prob
    expected = {
        "mle": 0 * g + 1,
        "convex-exp": 3 * np.exp(3 * g),
        "convex-power": 0.5 * (-g) ** -0.5,
        "convex-pure": 10 * np.exp(10 * g),
    }
    for objective, values in expected.items():
        rows = frame.objective == objective
        np.testing.assert_allclose(frame[rows].weight, values[rows])
