"""The discrete flow: one to one, a distribution, and what EM makes of it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from beyond_mle.errors import UserError
from beyond_mle.models.string_flow import StringFlow
from beyond_mle.tasks.strings import FiniteLanguage, LanguageData
from beyond_mle.types import Density, FiniteSpec, Strings


def language(**options) -> LanguageData:
    return FiniteLanguage(FiniteLanguage.Options(**{"symbols": [3, 2, 4], "seed": 1} | options)).open(Path())


def flow(data: LanguageData, seed: int | None = None) -> StringFlow:
    model = StringFlow(StringFlow.Options(), data.spec)
    if seed is not None:
        torch.manual_seed(seed)
        model.restart(data.whole())
    return model


def kl(model: StringFlow, batch: Strings) -> float:
    with torch.no_grad():
        gap_B = batch.density.log_p_B - model.log_prob(batch).total_B
    return (batch.density.weight_B @ gap_B).item()


def climb(model: StringFlow, batch: Strings, steps: int = 20) -> list[float]:
    """EM; KL before and after each step."""
    found = [kl(model, batch)]
    for _ in range(steps):
        model.m_step(model.e_step(batch).statistics(batch.density.weight_B))
        found.append(kl(model, batch))
    return found


@pytest.mark.parametrize("shortest", [None, 1, 2])
def test_it_maps_one_to_one_and_sums_to_one(shortest: int | None) -> None:
    data = language(shortest=shortest)
    model, batch = flow(data, seed=3), data.whole()
    assert model.shift_P.any()
    unshifted = model.unshifted(batch.index_B).where(model.real_NT, -1)
    assert len({tuple(row) for row in unshifted.tolist()}) == len(batch)
    assert model.log_prob(batch).total_B.exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert model.log_prob(batch).length_B.tolist() == [len(string) for string in data.p.support]


def test_without_shifts_the_symbols_are_independent() -> None:
    """The M step then gives the marginals, and KL is the information that the symbols have of each other."""
    data = language()
    model, batch = flow(data), data.whole()
    model.m_step(model.e_step(batch).statistics(batch.density.weight_B))
    table = data.p.table
    product = np.einsum("i,j,k->ijk", table.sum((1, 2)), table.sum((0, 2)), table.sum((0, 1)))
    information = float((table * np.log(table / product)).sum())
    assert kl(model, batch) <= information
    model.shift_P.zero_()
    with torch.no_grad():
        for t, axes in enumerate([(1, 2), (0, 2), (0, 1)]):
            marginal = torch.from_numpy(table.sum(axes)).log()
            model.logit_TV[t, : len(marginal)] = marginal
    assert kl(model, batch) == pytest.approx(information)


@pytest.mark.parametrize("seed", range(4))
def test_em_never_lowers_the_likelihood_and_ends(seed: int) -> None:
    data = language(shortest=2)
    found = climb(flow(data, seed), data.whole())
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(found))
    assert found[-1] < found[0]
    assert found[-1] == found[-2]


def test_em_recovers_a_flow() -> None:
    """From one of twenty starts: it finds local maxima only."""
    data = language()
    truth, batch = flow(data, seed=5), data.whole()
    log_q_B = truth.log_prob(batch).total_B.detach()
    own = Strings(batch.index_B, Density(log_q_B, torch.zeros_like(log_q_B)))
    assert min(climb(flow(data, seed), own)[-1] for seed in range(20)) == pytest.approx(0, abs=1e-9)


def test_gradients_reach_the_base_alone() -> None:
    data = language()
    model, batch = flow(data, seed=1), data.whole()
    assert [name for name, _ in model.named_parameters()] == ["logit_TV"]
    (batch.density.weight_B @ model.log_prob(batch).total_B).backward()
    assert model.logit_TV.grad.isfinite().all()
    assert model.logit_TV.grad.any()


def test_a_language_with_gaps_is_refused() -> None:
    with pytest.raises(UserError, match="the same symbols must be possible"):
        StringFlow(StringFlow.Options(), FiniteSpec(((0, 0), (0, 1), (1, 0))))
