"""token-power: its weight, its optimum in closed form and as fitted, and why it cannot repair greedy search."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.formulas import token_optima
from beyond_mle.objectives.token_power import TokenPower
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions
from beyond_mle.types import Spec, TokenLogProb

P = np.array([0.5, 0.3, 0.15, 0.05])
ONE_SYMBOL = [(0,), (1,), (2,), (3,)]
GARDEN_PATH = [(0, 0), (0, 1), (0, 2), (0, 3), (1,)]
"""a1–a4 (.1375 each) and b (.45): the likeliest string starts with the less likely symbol."""
GARDEN_PATH_P = np.array([0.1375, 0.1375, 0.1375, 0.1375, 0.45])


def token_power(alpha: float, **options) -> TokenPower:
    return TokenPower(TokenPower.Options(alpha=alpha, **options), Spec())


def power_optimum(support: Sequence[tuple[int, ...]], weight_N: np.ndarray, alpha: float) -> np.ndarray:
    return token_optima.language(support, weight_N, lambda p_V: token_optima.power(p_V, alpha))


def greedy(support: Sequence[tuple[int, ...]], q_N: np.ndarray) -> tuple[int, ...]:
    """The string that takes the likeliest symbol, or the end, at each step; the first in case of a tie."""
    prefix: tuple[int, ...] = ()
    while True:
        mass: dict[int | None, float] = {}
        for string, q in zip(support, q_N, strict=True):
            if string[: len(prefix)] == prefix:
                following = string[len(prefix)] if len(string) > len(prefix) else None
                mass[following] = mass.get(following, 0.0) + q
        best = max(mass, key=lambda symbol: round(mass[symbol], 9))
        if best is None:
            return prefix
        prefix = (*prefix, best)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 8.0])
def test_the_weight_is_q_to_the_alpha(alpha: float) -> None:
    log_q_BT = torch.tensor([[-0.1, -3.0, -20.0]], dtype=torch.float64, requires_grad=True)
    token = TokenLogProb(log_q_BT, torch.ones(1, 3, dtype=torch.bool), torch.tensor([3]))
    loss_BT = token_power(alpha).token_loss(token)
    torch.testing.assert_close(loss_BT, (1 - log_q_BT.exp() ** alpha) / alpha)
    torch.testing.assert_close(torch.autograd.grad(loss_BT.sum(), log_q_BT)[0], -(log_q_BT.detach().exp() ** alpha))


@pytest.mark.parametrize(
    ("alpha", "printed"),
    [(0.5, [0.685, 0.247, 0.062, 0.007]), (1.0, [1, 0, 0, 0]), (8.0, [1, 0, 0, 0])],
)
def test_the_optimum_of_one_context(alpha: float, printed: list[float], fitted_q: Callable) -> None:
    closed_V = token_optima.power(P, alpha)
    assert closed_V.round(3).tolist() == printed
    np.testing.assert_allclose(fitted_q(token_power(alpha), ONE_SYMBOL, P), closed_V, atol=1e-4)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0.05, 0.9))
def test_the_closed_form_is_a_minimum(weights: list[float], alpha: float) -> None:
    """The loss is convex in q, so it is one if the derivatives in all q_i are equal."""
    p_V = np.array(weights) / sum(weights)
    q_V = token_optima.power(p_V, alpha)
    slope_V = p_V * q_V ** (alpha - 1)
    np.testing.assert_allclose(slope_V, slope_V[0], rtol=1e-6)


def test_what_cannot_be_stays_impossible() -> None:
    np.testing.assert_allclose(token_optima.power(np.array([0.6, 0.4, 0.0]), 0.5), [0.36 / 0.52, 0.16 / 0.52, 0])


@pytest.mark.parametrize("average", ["token", "sentence"])
def test_a_network_reaches_the_closed_form_of_a_language(average: str, fitted_q: Callable) -> None:
    language = FiniteLanguage(StringsOptions(symbols=[2, 3, 2], shortest=1, spread=0.7, seed=1))
    weight_N = language.p_N / (language.length_N if average == "sentence" else 1)
    closed_N = power_optimum(language.support, weight_N, 0.5)
    assert closed_N.sum() == pytest.approx(1)
    q_N = fitted_q(token_power(0.5, average=average), language.support, language.p_N)
    assert np.abs(q_N - closed_N).sum() / 2 < 1e-4


@pytest.mark.parametrize(("alpha", "first"), [(1e-9, 0.55), (0.5, 0.60), (1.0, 1.0)])
def test_garden_paths_lead_astray_as_they_do_mle(alpha: float, first: float, fitted_q: Callable) -> None:
    closed_N = power_optimum(GARDEN_PATH, GARDEN_PATH_P, alpha)
    assert round(closed_N[:4].sum(), 2) == first
    q_N = fitted_q(token_power(alpha), GARDEN_PATH, GARDEN_PATH_P)
    assert q_N[:4].sum() == pytest.approx(closed_N[:4].sum(), abs=1e-4)
    assert greedy(GARDEN_PATH, closed_N) == greedy(GARDEN_PATH, GARDEN_PATH_P)
    assert greedy(GARDEN_PATH, q_N)[0] == 0


@given(st.integers(0, 1000), st.floats(0.1, 3))
def test_greedy_search_finds_the_string_that_it_finds_in_mle(seed: int, alpha: float) -> None:
    language = FiniteLanguage(StringsOptions(symbols=[3, 2, 3], shortest=1, seed=seed))
    closed_N = power_optimum(language.support, language.p_N, alpha)
    assert greedy(language.support, closed_N) == greedy(language.support, language.p_N)
