"""The sample is made of the mixtures that the task `plane` draws."""

from pathlib import Path

import numpy as np

from beyond_mle.tasks.plane import Plane
from beyond_mle.tasks.plane_mixtures import PlaneMixtures


def test_its_mixtures_are_those_of_consecutive_seeds():
    data = PlaneMixtures(PlaneMixtures.Options(mixtures=3, seed=21)).open(Path())
    assert [case.p.options.mixture_seed for case in data.cases] == [21, 22, 23]
    chosen = Plane(Plane.Options(mixture_seed=22))
    for name in ("weight_K", "mean_K2", "covariance_K22"):
        np.testing.assert_array_equal(getattr(data.cases[1].p, name), getattr(chosen, name))


def test_each_mixture_has_an_equal_share_of_the_whole():
    batch = PlaneMixtures(PlaneMixtures.Options(mixtures=4)).open(Path()).whole()
    shares = batch.point_BD[:, 0].long().bincount(batch.density.weight_B)
    np.testing.assert_allclose(shares, 0.25, atol=1e-6)
