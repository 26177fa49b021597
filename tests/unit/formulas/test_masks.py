"""The weights of choices of hidden tokens: every token counts once in the mean."""

import math

import numpy as np
import pytest

from beyond_mle.formulas.masks import all_masks, drawn_masks


@pytest.mark.parametrize("length", [1, 2, 5])
def test_all_choices_are_there_with_their_probabilities(length: int) -> None:
    hidden_MT, weight_M = all_masks(length)
    assert len({tuple(row) for row in hidden_MT}) == len(hidden_MT) == 2**length - 1
    number_M = hidden_MT.sum(axis=1)
    probability_M = weight_M * number_M / length
    np.testing.assert_allclose(probability_M, [1 / length / math.comb(length, n) for n in number_M])
    assert probability_M.sum() == pytest.approx(1)
    np.testing.assert_allclose(weight_M @ hidden_MT, 1)


def test_an_empty_sentence_has_nothing_to_hide() -> None:
    hidden_MT, weight_M = all_masks(0)
    assert hidden_MT.shape == (0, 0)
    assert len(weight_M) == 0


def test_drawn_choices_have_the_same_mean() -> None:
    """Of a function of the mask that no symmetry makes constant."""
    rng, length = np.random.default_rng(0), 4
    value_MT = np.array([1.0, -2.0, 3.0, 0.5])

    def estimate(hidden_MT: np.ndarray, weight_M: np.ndarray) -> float:
        depends_M = 1 + hidden_MT[:, 0] * hidden_MT[:, 2]
        return float(weight_M @ (hidden_MT @ value_MT * depends_M))

    exact = estimate(*all_masks(length))
    drawn = np.array([estimate(*drawn_masks(length, 8, rng)) for _ in range(4000)])
    assert drawn.mean() == pytest.approx(exact, abs=4 * drawn.std() / math.sqrt(len(drawn)))


def test_drawn_choices_go_evenly_through_the_numbers() -> None:
    hidden_MT, weight_M = drawn_masks(6, 60, np.random.default_rng(1))
    number_M = hidden_MT.sum(axis=1)
    assert np.bincount(number_M, minlength=7).tolist() == [0, *[10] * 6]
    np.testing.assert_allclose(weight_M * number_M, 6 / 60)
