"""The knob π moves a learned generator from covering to seeking; equal settings give equal files; failures show."""

import math

import pandas as pd
import pytest
import torch

from beyond_mle.adversarial import AdversarialOptions, DuelOptions
from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.stages import adversarial
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.plane import PlaneFit

SMALL = AdversarialOptions(
    pis=[0.05, 0.95], figure_pis=[0.95], seeds=[1], training=DuelOptions(steps=3), data=500, samples=500, grid_step=0.4
)


@pytest.fixture(scope="module")
def trained() -> pd.DataFrame:
    options = AdversarialOptions(
        pis=[0.05, 0.5, 0.95], figure_pis=[0.5], seeds=[1, 2], training=DuelOptions(steps=700), generator_width=8
    )
    table = adversarial.compete(options)["figures"]
    return table.groupby(["model", "metric", "pi"])["value"].mean()


def test_a_learned_discriminator_moves_the_fit_from_covering_to_seeking(trained):
    own = trained["isotropic-gaussian"]
    assert own["kl"].is_monotonic_increasing
    assert own["reverse-kl"].is_monotonic_decreasing
    assert own["kl"][0.95] > own["kl"][0.05] + 0.5
    assert own["reverse-kl"][0.95] < own["reverse-kl"][0.05] - 0.3
    assert own["quality"].is_monotonic_increasing


@pytest.mark.parametrize("pi", [0.05, 0.5, 0.95])
def test_it_comes_close_to_where_exact_descent_ends(trained, pi):
    learned, exact = trained["isotropic-gaussian"]["js"][pi], trained["exact-descent"]["js"][pi]
    assert exact < learned < 1.05 * exact


def test_the_exact_optimum_is_never_above_the_minimum_of_the_descent(trained):
    assert (trained["exact-optimum"]["js"] <= trained["exact-descent"]["js"] + 1e-9).all()


def test_equal_settings_give_equal_files(tmp_path):
    for name in ("one", "two"):
        adversarial.write(adversarial.compete(SMALL), tmp_path / name)
    for file in ("tables/adversarial_plane.csv", "adversarial/samples.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert list(pd.read_csv(tmp_path / "one/tables/adversarial_plane.csv")) == adversarial.COLUMNS


def test_a_diverged_run_has_no_value_but_keeps_its_rows():
    fit = PlaneFit(Plane(Plane.Options(mixture_seed=15, grid_step=0.4)))
    points = torch.zeros(10, 2, dtype=torch.float64)
    whole = adversarial.measure(points, None, 0.5, fit, SMALL)
    points[3, 0] = math.inf
    lost = adversarial.measure(points, None, 0.5, fit, SMALL)
    assert lost.keys() == whole.keys()
    assert all(map(math.isnan, lost.values()))
    assert not any(map(math.isnan, whole.values()))


@pytest.mark.parametrize(
    ("values", "message"),
    [({"pis": [0.5, 0.1]}, "pis must ascend"), ({"pis": [0.5], "figure_pis": [0.2]}, "pis must contain 0.2")],
)
def test_mistakes_are_named(values, message):
    with pytest.raises(UserError, match=message):
        parse(AdversarialOptions, values, "adversarial")
