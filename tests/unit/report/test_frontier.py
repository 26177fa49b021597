"""Curves over the temperature of the control and over the order, points for the rest."""

import pandas as pd
import pytest
from beyond_mle.report.scores import COLUMNS as SCORES

from beyond_mle import config
from beyond_mle.report import frontier_figures
from beyond_mle.report.frontier import COLUMNS, frontier, sampled

MODEL = {"kind": "transformer", "width": 8, "heads": 2, "feedforward": 16, "encoder_layers": 1, "decoder_layers": 1}


@pytest.fixture
def study() -> config.Study:
    second = {"training": "short", "start_from": "mle"}
    stages = [
        {"objectives": ["mle"], "training": "short"},
        {"objectives": ["on"], **second},
        {"objectives": ["mild", "strong", "pure"], "control": "on", **second},
        {"objectives": ["scratch"], "training": "short", "control": "mle"},
    ]
    return config.check(
        {
            "preset": "made-up",
            "tasks": {"a": {"kind": "grammar"}},
            "models": {"m": MODEL},
            "objectives": {
                "on": {"kind": "mle"},
                "mild": {"kind": "convex-exp", "order": 0.5},
                "strong": {"kind": "convex-exp", "order": 4},
                "pure": {"kind": "convex-pure"},
                "scratch": {"kind": "convex-pure", "label_smoothing": 0.1},
            },
            "decoders": {
                "cold": {"kind": "sample", "samples": 2, "temperature": 0.5},
                "drawn": {"kind": "sample", "samples": 2},
                "search": {"kind": "greedy"},
            },
            "training": {"short": {"steps": 40, "batch_tokens": 100, "learning_rate": 0.001}},
            "experiments": [{"task": "a", "model": "m", "decoders": ["search"], "stages": stages}],
        }
    )


@pytest.fixture
def scores() -> pd.DataFrame:
    """Two seeds, 1 below and 1 above these means of diversity and quality; the first stage is sampled too."""
    means = {
        ("mle", "drawn"): (8, 10),
        ("on", "drawn"): (7, 20),
        ("on", "cold"): (4, 30),
        ("on", "search"): (1, 60),
        ("mild", "drawn"): (6, 25),
        ("strong", "drawn"): (5, 40),
        ("strong", "cold"): (2, 50),
        ("pure", "drawn"): (3, 35),
    }
    orders = {"mild": 0.5, "strong": 4.0}
    rows = [
        ["a", "m", objective, orders.get(objective), decoder, metric, seed, value + (2 * seed - 3)]
        for (objective, decoder), values in means.items()
        for metric, value in zip(("distinct-outputs", "bleu"), values, strict=True)
        for seed in (1, 2)
    ]
    return pd.DataFrame(rows, columns=SCORES).astype({"order": float})


def test_the_frontier_has_two_curves_and_points(study, scores):
    rows = frontier(study, list(config.runs(study)), scores, "distinct-outputs", "bleu")
    assert list(rows) == COLUMNS
    found = {(row.curve, None if pd.isna(row.knob) else row.knob): (row.x, row.y) for row in rows.itertuples()}
    assert found == {
        ("temperature", 1.0): (7, 20),
        ("temperature", 0.5): (4, 30),
        ("convex-exp", 0.5): (6, 25),
        ("convex-exp", 4.0): (5, 40),
        ("pure", None): (3, 35),
    }
    assert rows[["x_sd", "y_sd"]].to_numpy() == pytest.approx(2**0.5)


def test_samples_at_a_temperature(study, scores):
    assert set(sampled(study, scores).decoder) == {"drawn"}
    assert set(sampled(study, scores, 0.5).decoder) == {"cold"}


def test_the_figure_joins_the_points_of_a_knob_in_its_order(study, scores):
    rows = frontier(study, list(config.runs(study)), scores, "distinct-outputs", "bleu")
    figure = frontier_figures.frontier(rows, "distinct-outputs", "bleu")
    (axis,) = figure.axes
    lines = [container.lines[0].get_xydata().tolist() for container in axis.containers]
    assert sorted(lines) == [[[3, 35]], [[4, 30], [7, 20]], [[6, 25], [5, 40]]]
    assert {text.get_text() for text in axis.texts} == {"0.5", "1", "4"}


def test_without_samples_the_figure_says_so(study, scores):
    rows = frontier(study, [], scores.iloc[:0], "distinct-outputs", "bleu")
    figure = frontier_figures.frontier(rows, "distinct-outputs", "bleu")
    assert figure.texts[0].get_text() == "not measured in this study"
