import math

import pytest

from beyond_mle import config
from beyond_mle.report.curves import COLUMNS
from beyond_mle.report.schedules import schedules

MODEL = {"kind": "transformer", "width": 8, "heads": 2, "feedforward": 16, "encoder_layers": 1, "decoder_layers": 1}


def test_schedules_follow_their_formulas_and_other_objectives_have_none():
    study = config.check(
        {
            "preset": "made-up",
            "tasks": {"a": {"kind": "grammar"}},
            "models": {"m": MODEL},
            "objectives": {
                "down": {"kind": "scheduled-sampling", "schedule": "linear", "steps": 50},
                "sigmoid": {"kind": "scheduled-sampling", "schedule": "inverse-sigmoid", "k": 2, "steps": 10},
            },
            "decoders": {"greedy": {"kind": "greedy"}},
            "training": {"short": {"steps": 40, "batch_tokens": 100, "learning_rate": 0.001}},
            "experiments": [
                {
                    "task": "a",
                    "model": "m",
                    "decoders": ["greedy"],
                    "stages": [{"objectives": ["mle", "down", "sigmoid"], "training": "short"}],
                }
            ],
        }
    )
    found = schedules(study, config.runs(study))
    assert list(found) == COLUMNS
    assert set(found.objective) == {"down", "sigmoid"}
    by_step = found.set_index(["objective", "step"]).value
    assert len(by_step["down"]) == 41  # every step once, although there are fewer than points
    assert by_step["down", 20] == pytest.approx(1 - 20 / 50)
    assert by_step["sigmoid", 40] == pytest.approx(2 / (2 + math.exp(4 / 2)))
