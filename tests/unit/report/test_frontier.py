"""Curves over the temperature of the control and over the order, points for the rest."""

import pandas as pd
import pytest

from beyond_mle.report.frontier import COLUMNS, frontier

CONTROLS = {"mild": "on", "strong": "on", "pure": "on", "scratch": "mle"}
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


def test_the_frontier_has_two_curves_down_to_the_search_and_points(scores):
    rows = frontier(scores, CONTROLS, "distinct-outputs", ["bleu"], ["search"])
    assert list(rows) == COLUMNS
    assert set(rows.seed) == {1, 2}
    means = rows.groupby(["curve", "at"], dropna=False)[["x", "y"]].mean()
    found = {(curve, None if pd.isna(at) else at): (x, y) for (curve, at), (x, y) in means.iterrows()}
    assert found == {
        ("temperature", 1.0): (7, 20),
        ("temperature", 0.5): (4, 30),
        ("temperature", 0.0): (1, 60),  # the outputs of the search are all the same
        ("convex", 0.5): (6, 25),
        ("convex", 4.0): (5, 40),
        ("pure", None): (3, 35),
    }


def test_what_a_cut_left_out_tokens_of_is_no_temperature(scores):
    whole = scores.assign(nucleus=1.0, cutoff=0.0)
    drawn = whole[whole.decoder == "drawn"].assign(value=-1.0)
    cut = pd.concat([drawn.assign(nucleus=0.9), drawn.assign(cutoff=0.1)])
    wanted = frontier(scores, CONTROLS, "distinct-outputs", ["bleu"], ["search"])
    found = frontier(pd.concat([whole, cut]), CONTROLS, "distinct-outputs", ["bleu"], ["search"])
    pd.testing.assert_frame_equal(found, wanted)


def test_the_diversity_of_a_search_is_not_measured_but_known(scores):
    rows = frontier(scores.replace("distinct-outputs", "self-bleu"), CONTROLS, "self-bleu", ["bleu"], ["search"])
    assert set(rows[rows["at"] == 0].x) == {100}
    assert 0 not in set(frontier(scores, CONTROLS, "distinct-outputs", ["bleu"], [])["at"])


def test_without_samples_there_is_no_frontier(scores):
    none = scores[scores.decoder == "none"].drop(columns=["temperature", "order"])
    assert frontier(none, CONTROLS, "distinct-outputs", ["bleu"], ["search"]).empty
