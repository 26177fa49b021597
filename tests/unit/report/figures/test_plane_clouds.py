"""Every model's samples have a panel of their own, and a bound is told from a value."""

import math

import pandas as pd
import pytest

from beyond_mle.report.clouds import COLUMNS
from beyond_mle.report.figures import plane_clouds

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    models = [("p", "", math.nan, 0.0, "exact"), ("flow, mle", "mle", math.nan, 0.004, "exact")]
    models += [("diffusion, convex-exp, k = 1", "convex-exp", 1.0, 0.142, "lower-bound")]
    values = [
        ["t", f"s{i}", label, objective, order, kl, certainty, float(x), float(i)]
        for i, (label, objective, order, kl, certainty) in enumerate(models)
        for x in range(3)
    ]
    return pd.DataFrame(values, columns=COLUMNS)


def test_models_stand_over_p(rows, readable):
    figure = plane_clouds.clouds(rows, PALETTE, TITLE)
    readable(figure)
    of_p, flow, diffusion = figure.axes
    assert [len(axis.collections) for axis in figure.axes] == [1, 2, 2]
    assert of_p.collections[0].get_offsets().tolist() == [[0, 0], [1, 0], [2, 0]]
    assert flow.collections[1].get_offsets().tolist() == [[0, 1], [1, 1], [2, 1]]
    assert [axis.texts[0].get_text() for axis in (flow, diffusion)] == ["0.004", "≤ 0.142"]


def test_without_samples_the_figure_says_so():
    figure = plane_clouds.clouds(pd.DataFrame(columns=COLUMNS), PALETTE, TITLE)
    assert "not measured" in figure.texts[0].get_text()
