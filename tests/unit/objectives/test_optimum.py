"""Every closed-form optimum against the numeric minimum of its objective's own loss, over all distributions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from beyond_mle.capabilities import KnownOptimum, PerToken, implements
from beyond_mle.errors import UserError
from beyond_mle.models.string_network import StringNetwork
from beyond_mle.models.tabular import Tabular
from beyond_mle.registry import OBJECTIVES
from beyond_mle.solvers.exact_loss import ExactLoss
from beyond_mle.types import Density, FiniteSpec, Strings

WITH_OPTIMUM = [key for key in OBJECTIVES if implements(OBJECTIVES[key], KnownOptimum)]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "mle": [{}, {"average": "sentence"}],
    "convex-exp": [{"order": 0.5}, {"order": 0.8, "average": "sentence"}, {"order": 50}],
    "convex-power": [{"order": 0.5}, {"order": 0.7, "average": "sentence"}, {"order": 1}],
    "convex-pure": [{}, {"average": "token"}],
    "js": [{"pi": 0.3}],
    "reverse-kl": [{}],
    "brier": [{}, {"average": "sentence"}],
    # From α = 1 on, q has contexts that it never reaches, and does not fix the loss: see test_token_power.py.
    "token-power": [
        {"alpha": 0.4},
        {"alpha": 0.6, "average": "sentence"},
    ],
}
EACH = [pytest.param(key, options, id=f"{key} {options}") for key, several in VARIANTS.items() for options in several]
STRINGS = [(0,), (1,), (0, 1), (1, 1), (0, 0), (1, 0, 1)]


def make(key: str, options: dict[str, Any]) -> Any:
    return OBJECTIVES[key](OBJECTIVES[key].Options(**options), FiniteSpec(()))


def whole_language(p_N: np.ndarray) -> Strings:
    """A batch of every string, with its probability."""
    log_p_N = torch.as_tensor(p_N).log()
    return Strings(torch.arange(len(p_N)), Density(log_p_N, torch.zeros_like(log_p_N)))


class FreeLogits(torch.nn.Module):
    """In place of a network's layers: a free logit of each symbol after each prefix."""

    def __init__(self, prefixes: int, symbols: int):
        super().__init__()
        self.logits_PV = torch.nn.Parameter(torch.zeros(prefixes, symbols, dtype=torch.float64))

    def forward(self, features_PF: torch.Tensor) -> torch.Tensor:
        return self.logits_PV


class Fit:
    """The loss of an objective on a language, as a function of a model that can be any distribution."""

    def __init__(self, objective: Any, support: Sequence[tuple[int, ...]], p_N: np.ndarray):
        spec = FiniteSpec(tuple(support))
        if PerToken in objective.needs:
            self.model = StringNetwork(StringNetwork.Options(), spec)
            self.model.layers = FreeLogits(*self.model.allowed_PV.shape)
        else:
            self.model = Tabular(Tabular.Options(), spec)
        self.batch = whole_language(p_N)
        self.loss = ExactLoss(self.model, objective, self.batch)

    def q(self) -> np.ndarray:
        return self.model.log_prob(self.batch).total_B.exp().detach().numpy()

    def least(self, starts: int) -> tuple[float, np.ndarray]:
        """The lowest loss that L-BFGS finds from several starts, and q there."""
        rng = np.random.default_rng(0)
        found = []
        for spread in [0.0] + [2.0] * (starts - 1):
            start = spread * rng.standard_normal(len(self.loss.vector))
            at = minimize(self.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 800, "gtol": 1e-10}).x
            found.append((self.loss(at)[0], self.q()))
        return min(found, key=lambda pair: pair[0])

    @torch.no_grad()
    def at(self, q_N: np.ndarray) -> float:
        """The loss of a given distribution."""
        q = torch.as_tensor(q_N)
        if isinstance(self.model, Tabular):
            self.model.logits_N.copy_(q.clamp(min=1e-300).log())
        else:  # the probability of a symbol after a prefix is the share of the strings that have it there
            step, real = self.model.step_NT, self.model.real_NT
            mass = torch.zeros(self.model.layers.logits_PV.numel(), dtype=torch.float64)
            mass.index_add_(0, step[real], q[:, None].expand(step.shape)[real])
            self.model.layers.logits_PV.copy_(mass.clamp(min=1e-300).log().view_as(self.model.layers.logits_PV))
        return self.loss.objective.losses(self.model, self.batch)["model"].metrics["loss"].item()


def optimum(objective: Any, support: Sequence[tuple[int, ...]], p_N: np.ndarray) -> np.ndarray:
    length_N = np.array([len(string) for string in support])
    return objective.optimum(p_N, length_N, support)


def test_every_objective_with_an_optimum_is_tested():
    # Those of `mle` and `convex-exp`. What scheduled sampling itself leads to is in formulas.scheduled_sampling_optima,
    # how far few draws lead away from them in test_importance_sampling.py.
    # `elbo` and `masked-diffusion` are bounds on that of `mle`.
    inherited = {"scheduled-sampling", "is-ml", "is-convex-exp", "elbo", "masked-diffusion"}
    assert set(WITH_OPTIMUM) - inherited == set(VARIANTS)


@pytest.mark.parametrize(("key", "options"), EACH)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(weights=st.lists(st.floats(0.05, 1), min_size=len(STRINGS), max_size=len(STRINGS)))
def test_the_optimum_is_where_the_loss_is_least(key: str, options: dict[str, Any], weights: list[float]) -> None:
    p_N = np.array(weights) / sum(weights)
    # Where two vertices of the simplex are equally good the optimum is not one distribution.
    ranked = np.sort(p_N)
    assume(ranked[-1] > 1.05 * ranked[-2])
    objective = make(key, options)
    closed_N = optimum(objective, STRINGS, p_N)
    assert closed_N.sum() == pytest.approx(1, abs=1e-6)
    assert (closed_N >= 0).all()
    fit = Fit(objective, STRINGS, p_N)
    value, q_N = fit.least(starts=5)
    assert fit.at(closed_N) <= value + 1e-7 * max(1, abs(value))
    np.testing.assert_allclose(fit.q(), closed_N, atol=1e-6)
    if closed_N.max() < 0.999:  # else every vertex is a local minimum, and the search may have missed the lowest
        np.testing.assert_allclose(q_N, closed_N, atol=2e-3)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0])
def test_strings_of_one_length_have_the_escort_of_p(order: float) -> None:
    """q ∝ p^{1/(1−k/T)}, whatever is averaged over."""
    support = [(a, b, c, 0) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    p_N = np.random.default_rng(0).dirichlet(np.full(len(support), 2.0))
    expected = p_N ** (4 / (4 - order))
    for average in ("token", "sentence"):
        closed_N = optimum(make("convex-exp", {"order": order, "average": average}), support, p_N)
        np.testing.assert_allclose(closed_N, expected / expected.sum(), rtol=1e-8)


def test_without_a_closed_form_the_reason_is_said() -> None:
    with pytest.raises(UserError, match="below the shortest output's length, 1 tokens: lower the order 2"):
        optimum(make("convex-exp", {"order": 2.0}), STRINGS, np.full(6, 1 / 6))
