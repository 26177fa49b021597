"""Densities over inputs and targets, as tables of figures."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from beyond_mle.report.regression_pictures import MAP, NAMES, along_draws, maps
from beyond_mle.tasks.regression import KnownRegression

DATA = {"own": KnownRegression(KnownRegression.Options(density="heteroscedastic")).open(Path())}


def job(objective: str, seed: int, decoder: str = MAP, task: str = "own"):
    run = SimpleNamespace(key=f"{task}/ebm/{objective}/seed{seed}", task=SimpleNamespace(label=task))
    return SimpleNamespace(run=run, decoders={"map": SimpleNamespace(kind=decoder)})


ROWS = pd.DataFrame(
    {
        "system": ["own/ebm/nce", "own/ebm/nce", "own/ebm/is-ml"],
        "system_label": ["ebm, nce", "ebm, nce", "ebm, is-ml"],
        "value": [0.25, 0.5, 1.0],
    }
)


def outputs(run, decoder):
    first = float(run.key.endswith("seed1"))
    return [[{"x": x, "q": [first, 0.0, x]}] for x in (-1.0, 1.0)]


def test_p_comes_first_and_each_model_with_its_first_seed():
    shown = [job("nce", 1), job("nce", 2), job("is-ml", 2), job("mle", 1, "sir"), job("nce", 1, task="table")]
    (table,) = maps(ROWS, shown, outputs, DATA).values()
    assert list(table.columns) == [*NAMES, -2.0, 0.0, 2.0]
    assert list(dict.fromkeys(table.label)) == ["p", "ebm, nce", "ebm, is-ml"]
    nce = table[table.label == "ebm, nce"]
    assert nce.x.tolist() == [-1.0, 1.0]
    assert nce[[-2.0, 0.0, 2.0]].to_numpy().tolist() == [[1.0, 0.0, -1.0], [1.0, 0.0, 1.0]]
    assert set(nce.kl) == {0.25}
    p = table[table.label == "p"].iloc[1]
    sd = 0.15 / (1 + 2.718281828**-1)
    assert p[0.0] == pytest.approx(2.718281828 ** (-((0.8414710 / sd) ** 2) / 2) / (sd * 2.5066283), rel=1e-4)


def test_without_maps_there_is_nothing_to_draw():
    assert maps(ROWS, [job("nce", 1, "sir")], outputs, DATA) == {}


def test_the_exact_fit_is_a_level_line_along_the_draws():
    columns = ["task", "model", "objective", "samples", "value"]
    rows = pd.DataFrame(
        [
            ["own", "ebm", "nce", 1, 50.0],
            ["own", "ebm", "nce", 4, 0.3],
            ["own", "ebm", "kld-is", 4, 0.9],  # not along draws
            ["own", "exact", "mle", None, 0.1],
            ["own", "exact", "convex-exp", None, 0.7],
        ],
        columns=columns,
    )
    found = along_draws(rows, "exact", most=2.0)
    assert found[["line", "samples", "value"]].to_numpy().tolist() == [
        ["nce", 1, 2.0],
        ["nce", 4, 0.3],
        ["exact", 1, 0.1],
        ["exact", 4, 0.1],
    ]
