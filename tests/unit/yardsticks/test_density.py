"""Divergences in the plane, against closed forms of Gaussians."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from worlds import measured, subject

from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.js import JS
from beyond_mle.tasks.plane import Plane
from beyond_mle.yardsticks.density import DensityDistance

DATA = Plane(Plane.Options(mixture_seed=None, mean=(0.5, -1.0), grid_step=0.1, grid_reach=12.0)).open(Path())


def measure(objective, **options) -> dict[str, float]:
    model = IsotropicGaussian(IsotropicGaussian.Options(**options), DATA.spec)
    found = measured(DensityDistance(DensityDistance.Options()).measure(subject(DATA, model, objective)))
    assert all(decoder == "none" for decoder, _ in found)
    return {metric: score.value for (_, metric), score in found.items()}


def test_divergences_between_round_gaussians_have_closed_forms():
    """KL[N(m, a²I)‖N(b, c²I)] = 2 log(c/a) + a²/c² − 1 + |m−b|²/(2c²)."""
    found = measure(ConvexExp(ConvexExp.Options(), DATA.spec), mean=[1.0, -0.5], scale=1.5)
    assert found == {
        "kl": pytest.approx(2 * math.log(1.5) + 1 / 2.25 - 1 + 0.5 / 4.5, abs=1e-6),
        "reverse-kl": pytest.approx(-2 * math.log(1.5) + 2.25 - 1 + 0.5 / 2, abs=1e-6),
        "mean-x": pytest.approx(1.0),
        "mean-y": pytest.approx(-0.5),
        "sigma": pytest.approx(1.5),
    }


@pytest.mark.parametrize("pi", [1e-4, 0.5, 1 - 1e-4])
def test_js_is_that_of_the_objectives_own_pi(pi):
    found = measure(JS(JS.Options(pi=pi), DATA.spec), mean=[1.0, -0.5], scale=1.5)
    limit = {1e-4: 1e-4 * found["kl"], 1 - 1e-4: 1e-4 * found["reverse-kl"]}
    if pi in limit:
        assert found["js"] == pytest.approx(limit[pi], rel=1e-2)
    else:
        assert found["js"] < min(math.log(2), found["kl"], found["reverse-kl"])


def test_p_itself_is_at_no_distance():
    found = measure(JS(JS.Options(), DATA.spec), mean=[0.5, -1.0], scale=1.0)
    assert [found[name] for name in ("kl", "reverse-kl", "js")] == pytest.approx([0, 0, 0], abs=1e-9)


class Below(IsotropicGaussian):
    """Of which only a bound is known, a tenth of a nat below."""

    def log_prob(self, batch):
        log_prob = super().log_prob(batch)
        return replace(log_prob, total_B=log_prob.total_B - 0.1, certainty="lower-bound")


def test_of_a_bound_there_is_only_a_bound_on_the_divergence_that_q_is_no_weight_of():
    model = Below(IsotropicGaussian.Options(mean=[0.5, -1.0]), DATA.spec)
    found = measured(
        DensityDistance(DensityDistance.Options()).measure(subject(DATA, model, JS(JS.Options(), DATA.spec)))
    )
    assert not {("none", "reverse-kl"), ("none", "js")} & set(found)
    assert found["none", "kl"].value == pytest.approx(0.1, abs=1e-9)
    assert found["none", "kl"].certainty == "lower-bound"
