"""The figures show every model, and a run that diverged as a gap."""

import math

import pandas as pd
import pytest

from beyond_mle.report.figures import plane_duels

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
    return pd.DataFrame(rows, columns=["mixture_seed", "model", "pi", "seed", "metric", "value"])


def test_every_model_has_a_line_over_pi_and_an_estimate_says_so(table):
    figure = plane_duels.along_pi(table)
    forward = figure.axes[0]
    assert [line.get_label() for line in forward.lines] == [
        "exact-optimum",
        "isotropic-gaussian",
        "plane-generator (kernel estimate)",
    ]
    assert list(forward.lines[1].get_ydata()) == pytest.approx(PIS)
    assert list(figure.axes[1].lines[2].get_ydata()) == pytest.approx([0.9, 0.1])


def test_samples_have_a_panel_per_model_and_pi():
    rows = [("p", math.nan)] + [(model, pi) for model in ("exact-optimum", "plane-generator") for pi in PIS]
    points = pd.DataFrame([{"model": model, "pi": pi, "x": i, "y": -i} for i, (model, pi) in enumerate(rows)])
    figure = plane_duels.samples(points)
    assert len(figure.axes) == 4
    grey, own = figure.axes[3].collections
    assert grey.get_offsets().tolist() == [[0, 0]]
    assert own.get_offsets().tolist() == [[4, -4]]


def test_without_competitors_there_is_nothing_to_draw():
    assert not plane_duels.samples(pd.DataFrame({"model": ["p"], "pi": [math.nan], "x": [0.0], "y": [0.0]})).axes
