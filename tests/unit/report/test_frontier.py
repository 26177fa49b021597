"""Curves over the temperature of the control and over the order, points for the rest."""

import pandas as pd
import pytest

from beyond_mle.report.frontier import COLUMNS, frontier

CONTROLS = {"mild": "on", "strong": "on", "pure": "on", "scratch": "mle"}
SECTIONS = {"temperature": "decoder", "order": "objective"}
ORDERS = {"mild": 0.5, "strong": 4.0}


@pytest.fixture
def scores() -> pd.DataFrame:
    """Two seeds, 1 below and 1 above these means of diversity and quality; the first stage is sampled too."""
    nan = float("nan")
    means = {
        ("mle", 1.0): (8, 10),
        ("on", 1.0): (7, 20),
        ("on", 0.5): (4, 30),
        ("on", nan): (1, 60),
        ("mild", 1.0): (6, 25),
        ("strong", 1.0): (5, 40),
        ("strong", 0.5): (2, 50),
        ("pure", 1.0): (3, 35),
    }
    return pd.DataFrame(
        {
            "task": "a",
            "model": "m",
            "objective": "convex" if system in ORDERS else system,
            "order": ORDERS.get(system),
            "decoder": "search" if temperature != temperature else "drawn",
            "temperature": temperature,
            "metric": metric,
            "seed": seed,
            "value": value + (2 * seed - 3),
            "system": system,
        }
        for (system, temperature), values in means.items()
        for metric, value in zip(("distinct-outputs", "bleu"), values, strict=True)
        for seed in (1, 2)
    ).astype({"order": float})


def test_the_frontier_has_two_curves_and_points(scores):
    rows = frontier(scores, CONTROLS, SECTIONS, "distinct-outputs", "bleu")
    assert list(rows) == COLUMNS
    found = {(row.curve, None if pd.isna(row.at) else row.at): (row.x, row.y) for row in rows.itertuples()}
    assert found == {
        ("temperature", 1.0): (7, 20),
        ("temperature", 0.5): (4, 30),
        ("convex", 0.5): (6, 25),
        ("convex", 4.0): (5, 40),
        ("pure", None): (3, 35),
    }
    assert rows[["x_sd", "y_sd"]].to_numpy() == pytest.approx(2**0.5)


def test_without_samples_there_is_no_frontier(scores):
    searched = scores[scores.decoder == "search"].drop(columns=["temperature", "order"])
    assert frontier(searched, CONTROLS, SECTIONS, "distinct-outputs", "bleu").empty
