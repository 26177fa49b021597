"""The densities of regression: published figures of the official items, and densities that agree with their draws."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from beyond_mle.tasks.regression import DENSITIES, KnownRegression, KnownRegressionData
from beyond_mle.types import Regression

EACH = pytest.mark.parametrize("density", list(DENSITIES))


def opened(**options) -> KnownRegressionData:
    return KnownRegression(KnownRegression.Options(**options)).open(Path())


def nll(data: KnownRegressionData, batch: Regression) -> float:
    """Of p itself."""
    return -data.conditional_log_p(batch.input_BX, batch.target_B[:, None]).mean().item()


def grid(data: KnownRegressionData, points: int) -> tuple[torch.Tensor, float]:
    """Midpoints of cells of the interval of targets, and the width of a cell."""
    width = (data.spec.high - data.spec.low) / points
    return data.spec.low + (torch.arange(points, dtype=torch.float64) + 0.5) * width, width


def entropy(data: KnownRegressionData, x: float) -> float:
    """Of p(·|x), by quadrature."""
    place_G, width = grid(data, 50_000)
    log_p_G = data.conditional_log_p(torch.tensor([[x]]), place_G[None])[0]
    return -torch.where(log_p_G.isfinite(), log_p_G.exp() * log_p_G, 0).sum().item() * width


def test_set_2_has_the_published_items():
    data = opened()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 1710, "dev": 190, "test": 1900}
    assert nll(data, data.split("test")) == pytest.approx(1.2387, abs=5e-5)
    assert nll(data, data.split("train")) == pytest.approx(1.2369, abs=2e-3)  # one y is ½ as float32
    x_N, y_N = (torch.from_numpy(values)[:, None] for values in data.p.draw(np.random.RandomState(41))["train"])
    assert -data.conditional_log_p(x_N, y_N).mean().item() == pytest.approx(1.2369, abs=5e-5)
    x_N = torch.cat([split.input_BX for split in data.splits.values()]).double().flatten().sort().values
    torch.testing.assert_close(x_N, torch.arange(3800, dtype=torch.float64) / 3799, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("x", "expected"), [(0.1, 1.30259), (0.9, 1.36892)])
def test_zones_have_their_entropies(x, expected):
    assert entropy(opened(), x) == pytest.approx(expected, abs=0.02)  # the skewed density has no bound at ½


def test_the_uniform_zone_has_its_mean_entropy():
    along = np.linspace(0, 1, 500)
    assert np.log(1.5 + 12 * along).mean() == pytest.approx(1.87659, abs=1e-5)
    data = opened()
    for index in (0, 250, 499):
        x = (1800 + index) / 3799
        assert entropy(data, x) == pytest.approx(np.log(1.5 + 12 * along[index]), abs=1e-3)


def test_set_1_has_its_entropies():
    data = opened(density="forked")
    assert entropy(data, 2.0) == pytest.approx(0.0326, abs=1e-3)
    left = np.mean([entropy(data, x) for x in -3 + 3 * (np.arange(30) + 0.5) / 30])
    assert left == pytest.approx(-0.6850, abs=5e-3)
    assert nll(data, data.split("train")) == pytest.approx(-0.3262, abs=0.06)  # four standard errors


@EACH
@pytest.mark.parametrize("along", [0.05, 0.3, 0.55, 0.95])
def test_a_density_integrates_to_one(density, along):
    data = opened(density=density)
    x_N = data.split("train").input_BX
    x = x_N.min() + along * (x_N.max() - x_N.min())
    place_G, width = grid(data, 50_000)
    p_G = data.conditional_log_p(x.reshape(1, 1), place_G[None])[0].exp()
    assert p_G.sum().item() * width == pytest.approx(1, abs=0.01)


@EACH
def test_draws_have_the_distribution_of_the_density(density):
    """F(y|x) of the test items is uniform."""
    data = opened(density=density)
    batch = data.split("test")
    place_G, width = grid(data, 5000)
    ranks = []
    for x_1X, y in zip(batch.input_BX.split(1), batch.target_B[:400], strict=False):
        p_G = data.conditional_log_p(x_1X, place_G[None])[0].exp() * width
        ranks.append((p_G[place_G < y].sum() / p_G.sum()).item())
    assert kstest(ranks, "uniform").pvalue > 0.01


def test_only_the_first_items_are_used_where_fewer_are_asked_for():
    few, all_ = opened(train=20, test=3), opened()
    assert torch.equal(few.split("train").target_B, all_.split("train").target_B[:20])
    assert [len(few.split(name)) for name in ("train", "dev", "test")] == [20, 190, 3]
    with pytest.raises(ValueError, match="greater than 0"):
        KnownRegression.Options(train=0)


def test_a_target_where_p_is_0_has_a_log_of_minus_infinity():
    data = opened()
    assert data.conditional_log_p(torch.tensor([[0.1], [0.9]]), torch.tensor([[0.0], [5.0]])).isneginf().all()
