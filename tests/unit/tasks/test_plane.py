"""The densities in the plane: known moments, a grid that integrates, samples that agree."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.tasks.plane import Plane

GAUSSIAN = Plane.Options(mixture_seed=None, mean=(0.5, -1.0), covariance=((2.0, 0.6), (0.6, 0.5)))
EACH = pytest.mark.parametrize("options", [Plane.Options(mixture_seed=22), GAUSSIAN], ids=["mixture", "gaussian"])


@EACH
def test_the_density_integrates_to_one_and_has_its_moments(options):
    task = Plane(options)
    points_N2, log_weight_N = task.grid()
    mass = (task.log_prob(points_N2) + log_weight_N).exp()
    assert mass.sum().item() == pytest.approx(1, abs=1e-8)
    mean = mass @ points_N2
    np.testing.assert_allclose(mean, task.mean_2, atol=1e-7)
    variance = mass @ (points_N2 - mean).square().sum(1)
    assert variance.item() / 2 == pytest.approx(task.isotropic_sd**2, abs=1e-6)


@EACH
def test_samples_have_the_moments_of_the_density(options):
    task = Plane(options)
    samples = task.sample(200_000, np.random.default_rng(0))
    error = np.sqrt(samples.var(axis=0) / len(samples))
    assert (np.abs(samples.mean(axis=0) - task.mean_2) < 4.5 * error).all()
    assert np.sqrt(samples.var(axis=0).mean()) == pytest.approx(task.isotropic_sd, rel=0.01)
    np.testing.assert_array_equal(samples, task.sample(200_000, np.random.default_rng(0)))


def test_the_gaussian_is_scipys():
    points = np.random.default_rng(1).normal(size=(50, 2))
    expected = multivariate_normal(GAUSSIAN.mean, GAUSSIAN.covariance).logpdf(points)
    np.testing.assert_allclose(Plane(GAUSSIAN).log_prob(torch.from_numpy(points)), expected, rtol=1e-12)


@pytest.mark.parametrize("covariance", [((1.0, 2.0), (2.0, 1.0)), ((1.0, 0.1), (0.2, 1.0))])
def test_a_matrix_that_is_no_covariance_is_an_error(covariance):
    with pytest.raises(UserError, match="symmetric and positive definite"):
        parse(Plane.Options, {"mixture_seed": None, "covariance": covariance}, "tasks.plane")


@EACH
def test_the_whole_is_p_on_the_grid(options):
    data = Plane(options).open(Path())
    whole = data.whole()
    assert whole.density.weight_B.sum().item() == pytest.approx(1, abs=1e-8)
    np.testing.assert_allclose(whole.density.weight_B @ whole.point_BD, data.p.mean_2, atol=1e-7)
    assert data.spec.dimensions == whole.point_BD.shape[1]


def test_an_epoch_shows_samples_once_in_batches_of_one_size():
    data = Plane(Plane.Options(train=50)).open(Path())
    epoch = data.epoch(0, 1, 16)
    assert [len(rows) for rows in epoch] == [16, 16, 16]
    rows = np.concatenate(epoch)
    assert len(set(rows.tolist())) == 48
    assert set(rows.tolist()) <= set(range(50))
    np.testing.assert_array_equal(data.epoch(0, 1, 16), epoch)
    assert not np.array_equal(data.epoch(1, 1, 16), epoch)
    assert not np.array_equal(data.epoch(0, 2, 16), epoch)


def test_a_batch_has_samples_of_p_drawn_from_the_tasks_seed():
    data = Plane(Plane.Options(train=40, seed=3)).open(Path())
    batch = data.batch(np.array([5, 0]))
    expected = data.p.sample(40, np.random.default_rng(3))[[5, 0]]
    np.testing.assert_array_equal(batch.point_BD, expected)
    assert batch.density is None  # a few samples are not all of p
    other = Plane(Plane.Options(train=40, seed=4)).open(Path())
    assert not torch.equal(other.train_N2, data.train_N2)
