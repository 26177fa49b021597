"""The illustration's numbers: a published table of optima, where branches end, and equal files for equal settings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from beyond_mle.errors import UserError
from beyond_mle.illustration import IllustrationOptions
from beyond_mle.options import parse
from beyond_mle.stages import illustrate
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.plane import PlaneFit

GOLDEN = Path(__file__).parents[2] / "golden" / "gaussian_illustration.csv"
OPTIONS = IllustrationOptions(
    pi_path=[1e-4, 0.01, 0.03, 0.04, 0.05, 0.06, 0.1, 0.5, 0.9, 0.99],
    pi_anchors=[1e-4, 0.99],
    order_path=[0.1, 0.3],
    order_anchors=[0.1],
)
SMALL = dict(
    mixture_seeds=[22],
    figure_seeds=[22],
    pis=[0.1],
    pi_path=[0.04, 0.1],
    pi_anchors=[0.04],
    order_path=[0.1],
    order_anchors=[0.1],
    grid_step=0.4,
    samples=2000,
    bins=10,
    surface_points=3,
)


def minima(seed: int) -> pd.DataFrame:
    fit = PlaneFit(Plane(Plane.Options(mixture_seed=seed, grid_step=OPTIONS.grid_step)))
    return illustrate.all_minima(seed, fit, OPTIONS)


@pytest.fixture(scope="module")
def default_seed() -> pd.DataFrame:
    return minima(22)


@pytest.mark.parametrize("seed", [2, 3, 15, 22])
def test_global_minima_are_the_published_ones(seed, default_seed):
    found = default_seed if seed == 22 else minima(seed)
    found = found[found.is_global]
    golden = pd.read_csv(GOLDEN)
    for expected in golden[golden.mixture_seed == seed].to_dict("records"):
        at = found[found.objective == expected["objective"]]
        (row,) = (at if np.isnan(expected["pi"]) else at[at.pi == expected["pi"]]).to_dict("records")
        for name, tolerance in (("mean_x", 5e-4), ("mean_y", 5e-4), ("sigma", 5e-4), ("value", 5.1e-6)):
            if not np.isnan(expected[name]):
                assert row[name] == pytest.approx(expected[name], abs=tolerance), (expected, name)


def test_the_better_branch_changes_between_3_and_4_percent(default_seed):
    js = default_seed[default_seed.objective == "js"]
    wide = js[js.sigma > 1.2].set_index("pi")
    narrow = js[js.sigma.between(0.7, 0.9)].set_index("pi")
    assert wide.value[0.04] == pytest.approx(0.03438, abs=5.1e-6)
    assert narrow.value[0.03] == pytest.approx(0.02698, abs=5.1e-6)
    assert wide.is_global[0.03]
    assert narrow.is_global[0.04]
    assert max(wide.index) == 0.05
    assert wide.branch.nunique() == narrow.branch.nunique() == 1


def test_reverse_kl_has_its_second_minimum(default_seed):
    second = default_seed[(default_seed.objective == "reverse-kl") & ~default_seed.is_global].iloc[0]
    found = second[["mean_x", "mean_y", "sigma", "value"]].astype(float).tolist()
    assert found == pytest.approx([-0.1458, 3.1551, 0.5062, 1.48077], abs=5.1e-5)


def test_equal_settings_give_equal_files(tmp_path):
    for name in ("a", "b"):
        illustrate.write(illustrate.illustrate(IllustrationOptions(**SMALL)), tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.csv"))
    assert [path.name for path in files] == [
        "histogram.csv", "monte_carlo.csv", "surface.csv", "gaussian_illustration.csv"
    ]  # fmt: skip
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    check = pd.read_csv(tmp_path / "a" / "illustration" / "monte_carlo.csv").iloc[0]
    assert abs(check.monte_carlo - check.quadrature) < 4 * check.standard_error
    table = pd.read_csv(tmp_path / "a" / "tables" / "gaussian_illustration.csv")
    assert list(table) == illustrate.COLUMNS
    assert pd.read_csv(tmp_path / "a" / "illustration" / "histogram.csv")["count"].sum() <= 2000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pi_path": [0.5, 0.1]}, "pi_path must ascend"),
        ({"order_path": [0.1, 1.0]}, "order_path must ascend, within 0 < … < 1"),
        ({"pis": [0.2]}, "pi_path must contain 0.2"),
        ({"surface_seed": 7}, "mixture_seeds must contain 7"),
    ],
)
def test_settings_that_do_not_fit_together_are_errors(change, message):
    with pytest.raises(UserError, match=message):
        parse(IllustrationOptions, SMALL | change, "illustration")
