"""Knobs are read from options: names say nothing, and what else differs breaks a sweep."""

import pandas as pd
import pytest

from beyond_mle import config
from beyond_mle.report import knobs

MODEL = {"kind": "transformer", "width": 8, "heads": 2, "feedforward": 16, "encoder_layers": 1, "decoder_layers": 1}
ONE = {"kind": "grammar", "styles": 1, "zipf": 0}


@pytest.fixture
def study() -> config.Study:
    second = {"training": "short", "start_from": "mle", "control": "on"}
    stages = [
        {"objectives": ["mle"], "training": "short"},
        {"objectives": ["on"], "training": "short", "start_from": "mle"},
        {"objectives": ["mild", "strong", "other-average", "power"], **second},
    ]
    return config.check(
        {
            "preset": "made-up",
            "tasks": {"a": ONE, "b": {**ONE, "styles": 4}, "c": {**ONE, "styles": 4, "place": 0}, "d": {**ONE}},
            "models": {"m": MODEL},
            "objectives": {
                "on": {"kind": "mle"},
                "mild": {"kind": "convex-exp", "order": 0.5},
                "strong": {"kind": "convex-exp", "order": 4},
                "other-average": {"kind": "convex-exp", "order": 2, "average": "sentence"},
                "power": {"kind": "convex-power"},
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


def test_a_sweep_of_tasks_leaves_out_what_differs_otherwise(study):
    found = knobs.task_sweep(study, ["a", "b", "c"], ["styles", "zipf"])
    assert found.to_dict("list") == {"task": ["a", "b"], "styles": [1, 4], "zipf": [0, 0]}
    assert knobs.task_sweep(study, ["b", "c"], ["styles"]).empty
    assert list(knobs.task_sweep(study, [], ["styles"])) == ["task", "styles"]


def test_a_sweep_of_objectives_has_its_control_where_it_is_told(study):
    found = knobs.objective_sweep(study, config.runs(study), "order", control=0)
    assert dict(zip(found.objective, found.order, strict=True)) == {"mild": 0.5, "strong": 4, "on": 0}
    assert set(knobs.objective_sweep(study, config.runs(study), "order").objective) == {"mild", "strong"}
    assert knobs.objective_sweep(study, config.runs(study), "pi").empty


def test_kinds_and_temperatures_come_from_the_options(study):
    kinds = knobs.objective_kinds(study, config.runs(study))
    assert dict(zip(kinds.objective, kinds.kind, strict=True))["strong"] == "convex-exp"
    found = knobs.temperatures(study, ["cold", "drawn", "search", "none"])
    assert dict(zip(found.decoder, found.temperature, strict=True)) == {"cold": 0.5, "drawn": 1.0}


def test_joined_knobs_take_the_place_of_the_column(study):
    rows = pd.DataFrame(
        {"task": "a", "model": "m", "objective": ["on", "strong", "power"], "order": [None, 4, 0.5], "mean": [1, 2, 3]}
    )
    joined = knobs.join(rows, knobs.objective_sweep(study, config.runs(study), "order", control=0))
    assert list(zip(joined.order, joined["mean"], strict=True)) == [(0, 1), (4, 2)]
