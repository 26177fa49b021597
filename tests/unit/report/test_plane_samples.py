"""Where σ lies between the limits, from outputs written by hand, and the shares that follow."""

from pathlib import Path

import numpy as np
import pytest

from beyond_mle import config
from beyond_mle.jobs import jobs
from beyond_mle.report import plane_samples
from beyond_mle.runs import Run
from beyond_mle.tasks.plane_mixtures import MixturesData, PlaneMixtures

SAMPLE = {
    "task": "plane-mixtures",
    "model": "gaussian-per-case",
    "decoders": ["parameters"],
    "stages": {
        "js": {
            "objectives": ["reverse-kl", {"js": {"pi": [0.1, 0.9]}}],
            "solver": "minimum-per-case",
            "control": "reverse-kl",
        }
    },
}
STUDY = {"preset": "sample", "seeds": [1], "experiments": {"sample": SAMPLE}}
POSITIONS = {0.1: [0.25, 0.75, 1.0], 0.9: [0.0, 0.1, 0.2]}


@pytest.fixture
def data() -> MixturesData:
    return PlaneMixtures(PlaneMixtures.Options(mixtures=3, seed=7)).open(Path())


@pytest.fixture
def rows(data: MixturesData):
    covering_M = np.array([case.p.isotropic_sd for case in data.cases])

    def outputs(run: Run, decoder: str) -> list:
        assert decoder == "parameters"
        position_M = np.array(POSITIONS.get(run.objective.options.get("pi"), [0.0] * 3))
        return [[{"sigma": sigma}] for sigma in covering_M * (1 + position_M) / 2]

    return plane_samples.positions(jobs(config.check(STUDY)).values(), outputs, {"plane-mixtures": data})


def test_every_mixture_has_a_place_between_the_limits_for_every_pi(rows, data):
    assert rows.pi.tolist() == [0.1] * 3 + [0.9] * 3
    assert rows.mixture_seed.tolist() == [7, 8, 9] * 2
    assert rows.position.tolist() == pytest.approx([*POSITIONS[0.1], *POSITIONS[0.9]])
    assert rows.like_ml.tolist() == [False, True, True, False, False, False]
    assert rows.covering[:3].tolist() == pytest.approx([case.p.isotropic_sd for case in data.cases])


def test_shares_have_wilson_s_interval(rows):
    """(k + z²/2 ± z √(k(n−k)/n + z²/4)) / (n + z²), z = 1.96."""
    z, n = 1.959964, 3
    found = plane_samples.shares(rows).set_index("pi")
    for pi, k in ((0.1, 2), (0.9, 0)):
        middle, margin = k + z**2 / 2, z * np.sqrt(k * (n - k) / n + z**2 / 4)
        expected = [100 * k / n, *(100 * (middle + sign * margin) / (n + z**2) for sign in (-1, 1))]
        assert found.loc[pi].tolist() == pytest.approx(expected, abs=1e-4)


def test_without_a_sample_there_are_no_rows():
    assert plane_samples.positions([], lambda run, decoder: [], {}).empty
    assert plane_samples.shares(plane_samples.positions([], lambda run, decoder: [], {})).empty
