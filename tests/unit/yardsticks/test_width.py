"""Shares of a sample of mixtures, from parameters written by hand."""

from pathlib import Path

import numpy as np
import pytest
from worlds import from_items, measured, subject

from beyond_mle.tasks.plane_mixtures import PlaneMixtures
from beyond_mle.yardsticks.width import Width

DATA = PlaneMixtures(PlaneMixtures.Options(mixtures=4)).open(Path())
COVERING = np.array([case.p.isotropic_sd for case in DATA.cases])
NEARER = np.array([0.9, 0.51, 0.49, 0.0])
"""Where each σ lies: 1 is that of KL[P‖Q], 0 that of the control."""


def outputs(sigma_M: np.ndarray) -> dict[str, list]:
    return {"parameters": [[{"mean-x": 0.0, "sigma": float(sigma)}] for sigma in sigma_M]}


def measure(sigma_M: np.ndarray, **rest) -> dict:
    found = Width(Width.Options()).measure(subject(DATA, None, None, outputs=outputs(sigma_M), **rest))
    return {metric: score for (_, metric), score in measured(found).items()}


def test_each_mixture_is_an_item_and_their_mean_the_share():
    seeking = 0.6 * COVERING
    found = measure(seeking + NEARER * (COVERING - seeking), control_outputs=outputs(seeking))
    items = {metric: score.items_IF.tolist() for metric, score in found.items()}
    assert items == {
        "share-narrower": [100, 100, 100, 100],
        "share-wider": [100, 100, 100, 0],
        "share-like-ml": [100, 100, 0, 0],
    }
    assert {metric: score.value for metric, score in found.items()} == {
        metric: pytest.approx(from_items(score)) for metric, score in found.items()
    }


def test_without_a_control_only_maximum_likelihood_is_compared_with():
    found = measure(COVERING * [0.5, 0.9, 1.1, 2.0])
    assert {metric: score.value for metric, score in found.items()} == {"share-narrower": 50.0}
