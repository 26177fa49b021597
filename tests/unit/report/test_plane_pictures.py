"""Pictures of the plane agree with closed forms where p is one Gaussian, and with the exact fits elsewhere."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from beyond_mle.formulas import divergence
from beyond_mle.report import plane_pictures
from beyond_mle.tasks.plane import Plane, PlaneData
from beyond_mle.types import Points

NAN = float("nan")
ROUND = Plane(Plane.Options(mixture_seed=None, mean=(1.0, -1.0), covariance=((0.25, 0.0), (0.0, 0.25))))


def scored(objective: str, pi: float, order: float, branch: int, best: bool, values: dict[str, float]) -> list[dict]:
    about = {"mixture_seed": 3.0, "model": "isotropic-gaussian", "objective": objective, "solver": "minima", "seed": 1}
    about |= {"pi": pi, "order": order, "branch": branch, "is_global": best}
    return [{**about, "metric": metric, "value": value} for metric, value in values.items()]


def table(rows: list[tuple[str, float, float, float]]) -> pd.DataFrame:
    """Fits of one mixture: objective, mean_x, mean_y, sigma."""
    columns = ["objective", "mean_x", "mean_y", "sigma"]
    return pd.DataFrame(rows, columns=columns).assign(mixture_seed=7, is_global=True)


def test_mixtures_are_known_by_their_seeds_in_rising_order():
    tasks = [Plane(Plane.Options(mixture_seed=seed)) for seed in (22, None, 3)]
    found = plane_pictures.mixtures({str(i): PlaneData(task) for i, task in enumerate(tasks)})
    assert list(found) == [3, 22]
    assert found[22] is tasks[0]


def test_fits_are_one_row_each_with_the_divergence_that_was_minimised():
    parameters = {"mean-x": 0.5, "mean-y": -1.0, "sigma": 2.0}
    rows = scored("mle", NAN, NAN, 0, True, {**parameters, "kl": 0.6, "reverse-kl": 0.9})
    rows += scored("js", 0.1, NAN, 0, True, {**parameters, "kl": 0.6, "js": 0.05})
    rows += scored("js", 0.1, NAN, 1, False, {**parameters, "kl": 0.6, "js": 0.07})
    rows += scored("convex-exp", NAN, 0.2, 0, True, {**parameters, "kl": 0.6})
    rows += scored("js-adversarial", 0.1, NAN, 0, True, {"coverage": 1.0, "js": 0.3})
    text = {"task": "grammar", "objective": "mle", "metric": "kl", "value": 1.0}
    fits = plane_pictures.fits(pd.DataFrame([*rows, text]))
    assert fits.objective.tolist() == ["mle", "js", "js", "convex-exp"]
    assert fits.value.tolist() == pytest.approx([0.6, 0.05, 0.07, NAN], nan_ok=True)
    assert fits.branch.tolist() == [0, 0, 1, 0]
    assert fits.is_global.tolist() == [True, True, False, True]
    assert fits[["mean_x", "mean_y", "sigma"]].iloc[2].tolist() == [0.5, -1.0, 2.0]
    assert fits.mixture_seed.tolist() == [3] * 4


def test_fits_of_a_table_without_the_plane_are_none():
    text = pd.DataFrame([{"task": "grammar", "objective": "mle", "metric": "kl", "value": 1.0}])
    fits = plane_pictures.fits(text)
    assert fits.empty
    assert not fits[fits.is_global & fits.pi.isin([0.1])].size


def test_a_histogram_counts_samples_where_the_density_says():
    found = plane_pictures.histogram({7: ROUND}, samples=4000, bins=6, window=(-3.0, 3.0))
    assert len(found) == 36
    assert found["count"].sum() == pytest.approx(4000, abs=5)
    likeliest = found.loc[found.density.idxmax()]
    assert (abs(likeliest.x - 1), abs(likeliest.y + 1)) == (0.5, 0.5)
    centre = torch.tensor([[likeliest.x, likeliest.y]], dtype=torch.float64)
    assert likeliest.density == pytest.approx(ROUND.log_prob(centre).exp().item())
    assert plane_pictures.histogram({}).empty


def test_monte_carlo_agrees_with_quadrature():
    row = table([("js", 0.8, -0.7, 0.8)]).assign(pi=0.3)
    batch = PlaneData(ROUND).whole()
    log_q_N = plane_pictures.gaussian(0.8, -0.7, 0.8).log_prob(batch).total_B.detach()
    exact = divergence.js(batch.density.log_p_B, log_q_N, batch.density.log_weight_B, 0.3).item()
    (found,) = plane_pictures.monte_carlo(row.assign(value=exact), {7: ROUND}, samples=20_000).itertuples()
    assert found.quadrature == exact
    assert 0 < found.standard_error < 0.01
    assert found.monte_carlo == pytest.approx(exact, abs=4 * found.standard_error)


def test_a_surface_is_lowest_where_q_is_p():
    limits = table([("mle", 1.0, -1.0, 0.5), ("reverse-kl", 2.0, -1.0, 0.5)])
    sizes = {"pis": [0.2, 0.7], "positions": (-1.0, 1.0), "sigmas": (0.25, 1.0), "points": 3}
    found = plane_pictures.surface(limits, {7: ROUND}, 7, **sizes)
    assert len(found) == 2 * 9
    assert sorted(found.sigma.unique()) == pytest.approx([0.25, 0.5, 1.0])
    for _, of_pi in found.groupby("pi"):
        lowest = of_pi.loc[of_pi.value.idxmin()]
        assert (lowest.position, lowest.sigma, lowest.value) == pytest.approx((0, 0.5, 0), abs=1e-6)


def test_a_surface_has_no_points_without_its_mixture_or_its_limits():
    limits = table([("mle", 1.0, -1.0, 0.5)])
    assert plane_pictures.surface(limits, {7: ROUND}, 7).empty
    assert plane_pictures.surface(limits, {7: ROUND}, 8).empty


def test_the_gaussian_has_these_parameters():
    at_mean = plane_pictures.gaussian(0.5, -1.0, 2.0).log_prob(Points(torch.tensor([[0.5, -1.0]]).double())).total_B
    assert at_mean.item() == pytest.approx(-math.log(2 * math.pi * 4))
    points = plane_pictures.gaussian(0.5, -1.0, 2.0).sample(20_000, torch.Generator().manual_seed(0)).detach().numpy()
    np.testing.assert_allclose(points.std(axis=0), 2.0, rtol=0.03)
