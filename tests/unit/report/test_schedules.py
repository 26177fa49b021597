import math

import pytest

from beyond_mle.config import check
from beyond_mle.jobs import jobs
from beyond_mle.report.curves import COLUMNS
from beyond_mle.report.schedules import schedules


def test_schedules_follow_their_formulas_and_other_objectives_have_none():
    study = check(
        {
            "preset": "made-up",
            "tasks": {"a": {"kind": "grammar"}},
            "objectives": {
                "down": {"kind": "scheduled-sampling", "schedule": "linear", "steps": 50},
                "sigmoid": {"kind": "scheduled-sampling", "schedule": "inverse-sigmoid", "k": 2, "steps": 10},
            },
            "solvers": {"short": {"kind": "minibatch", "steps": 40, "batch_size": 100, "learning_rate": 0.001}},
            "experiments": {
                "one": {
                    "task": "a",
                    "model": "transformer",
                    "decoders": ["greedy"],
                    "stages": {"first": {"objectives": ["mle", "down", "sigmoid"], "solver": "short"}},
                }
            },
        }
    )
    found = schedules(jobs(study).values())
    assert list(found) == COLUMNS
    assert set(found.objective) == {"down", "sigmoid"}
    by_step = found.set_index(["objective", "step"]).value
    assert len(by_step["down"]) == 41  # every step once, although there are fewer than points
    assert by_step["down", 20] == pytest.approx(1 - 20 / 50)
    assert by_step["sigmoid", 40] == pytest.approx(2 / (2 + math.exp(4 / 2)))
