"""The figures show every model, and a run that diverged as a gap."""

import math

import numpy as np
import pandas as pd
import pytest

from beyond_mle.report.figures import plane_duels

from .conftest import PALETTE, TITLE

PIS = [0.1, 0.9]


@pytest.fixture
def table() -> pd.DataFrame:
    rows = []
    for model, suffix in (("exact-optimum", ""), ("isotropic-gaussian", ""), ("plane-generator", "-kernel")):
        for pi in PIS:
            values = {f"kl{suffix}": pi, f"reverse-kl{suffix}": 1 - pi, "coverage": 1.0, "quality": -pi}
            for seed in (1, 2):
                lost = model == "plane-generator" and pi == 0.9 and seed == 2
                for metric, value in values.items():
                    rows.append((15, model, pi, seed, metric, math.nan if lost else value))
    rows.append((15, "p", math.nan, 1, "kl-kernel", 0.2))
    return pd.DataFrame(rows, columns=["mixture_seed", "model", "pi", "seed", "metric", "value"])


def test_exact_values_and_estimates_stand_in_panels_of_their_own(table, readable):
    figure = plane_duels.along_pi(table, PALETTE, TITLE)
    readable(figure)
    exact, estimate = figure.axes[:2]
    assert [line.get_ydata().tolist() for line in exact.lines] == [PIS, PIS]
    generator, of_p = estimate.lines
    assert generator.get_ydata().tolist() == PIS
    assert set(of_p.get_ydata()) == {0.2}
    assert all(low < value < high for value in PIS for low, high in (exact.get_ylim(), estimate.get_ylim()))
    assert "exact" in exact.get_title("left")
    assert "estimate" in estimate.get_title("left")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [
        *("exact-optimum", "isotropic-gaussian", "plane-generator"),
        "p itself: the bias of the estimate",
    ]


def test_a_run_that_diverged_has_no_dot(table):
    estimate = plane_duels.along_pi(table, PALETTE, TITLE).axes[1]
    (dots,) = estimate.collections
    assert np.isfinite(np.ma.filled(dots.get_offsets(), np.nan)).all(axis=1).sum() == 3


def test_samples_have_a_panel_per_model_and_pi(readable):
    rows = [("p", math.nan)] + [(model, pi) for model in ("exact-optimum", "plane-generator") for pi in PIS]
    points = pd.DataFrame([{"model": model, "pi": pi, "x": i, "y": -i} for i, (model, pi) in enumerate(rows)])
    figure = plane_duels.samples(points, PALETTE, TITLE)
    readable(figure)
    assert len(figure.axes) == 4
    grey, own = figure.axes[3].collections
    assert grey.get_offsets().tolist() == [[0, 0]]
    assert own.get_offsets().tolist() == [[4, -4]]


def test_without_competitors_there_is_nothing_to_draw(table):
    of_p = pd.DataFrame({"model": ["p"], "pi": [math.nan], "x": [0.0], "y": [0.0]})
    assert not plane_duels.samples(of_p, PALETTE, TITLE).axes
    assert not plane_duels.along_pi(table.iloc[:0], PALETTE, TITLE).axes
