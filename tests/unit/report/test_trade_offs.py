"""Two metrics of each system against each other, and of the decoders that are twins of objectives."""

from types import SimpleNamespace

import pandas as pd
import pytest

from beyond_mle.report.trade_offs import (
    COLUMNS,
    OF_SAMPLES,
    OF_STRINGS,
    OF_TOKENS,
    beside_twins,
    means,
    near,
    trade_off,
)

KINDS = {"mle-continued": "mle", "mle": "mle", "convex": "convex-exp", "tokens": "token-power", "gan": "js-adversarial"}
NAN = float("nan")


@pytest.fixture
def scores() -> pd.DataFrame:
    """Samples of two seeds; of each system validity is 10 times its coverage."""
    columns = ["model", "objective", "decoder", "order", "pi", "alpha", "temperature", "nucleus", "decoder.order", "c"]
    systems = [
        ("m", "mle-continued", "sample", NAN, NAN, NAN, 1, 1, NAN, 1),
        ("m", "mle-continued", "sample", NAN, NAN, NAN, 0.5, 1, NAN, 2),
        ("m", "mle-continued", "sample", NAN, NAN, NAN, 1, 0.9, NAN, 3),
        ("m", "mle-continued", "power", NAN, NAN, NAN, NAN, NAN, 3, 4),
        ("m", "convex", "sample", 1, NAN, NAN, 1, 1, NAN, 5),
        ("m", "convex", "sample", 3, NAN, NAN, 1, 1, NAN, 6),
        ("m", "tokens", "sample", NAN, NAN, 0.5, 1, 1, NAN, 7),
        ("m", "gan", "sample", NAN, 0.1, NAN, 1, 1, NAN, 8),
        ("oracle", "mle", "sample", NAN, NAN, NAN, 1, 1, NAN, 9),
    ]
    rows = pd.DataFrame(systems, columns=columns).astype({"c": float}).assign(task="a")
    parts = [
        rows.assign(metric=metric, seed=seed, value=factor * rows.c + seed)
        for metric, factor in (("coverage", 1), ("validity", 10), ("bleu", 0))
        for seed in (1, 2)
    ]
    return pd.concat(parts, ignore_index=True).drop(columns="c")


@pytest.fixture
def jobs():
    """As much of jobs as says what kind an objective is."""
    return {
        name: SimpleNamespace(
            run=SimpleNamespace(objective=SimpleNamespace(name=name)), objective=SimpleNamespace(kind=kind)
        )
        for name, kind in KINDS.items()
    }


def test_curves_are_objectives_along_their_own_hyper_parameter(scores):
    rows = trade_off(
        scores[scores.decoder == "sample"].query("temperature == 1 and nucleus == 1"), "coverage", "validity"
    )
    assert list(rows) == COLUMNS
    found = means(rows).set_index(["curve", "at"])[["coverage", "validity", "seeds"]].T.to_dict("list")
    assert found[("convex", 3)] == [7.5, 61.5, 2]
    assert found[("tokens", 0.5)] == [8.5, 71.5, 2]
    assert found[("gan", 0.1)] == [9.5, 81.5, 2]
    assert set(rows[rows.objective == "mle"].family) == {"oracle"}


def test_twins_stand_beside_their_objectives(scores, jobs):
    rows = beside_twins(scores, jobs, "mle-continued", "coverage", "validity")
    marks = {family: set(zip(own.curve, own["at"].fillna(-1), strict=True)) for family, own in rows.groupby("family")}
    everywhere = {("mle-continued", -1), ("p", -1)}
    assert marks == {
        OF_STRINGS: {("convex", 1), ("convex", 3), ("power sampling", 3)} | everywhere,
        OF_TOKENS: {("tokens", 0.5), ("temperature", 0.5), ("nucleus", 0.9)} | everywhere,
        OF_SAMPLES: {("gan", 0.1)} | everywhere,
    }
    twins = rows[rows.curve.isin(["power sampling", "temperature", "nucleus"])]
    assert set(twins.objective) == {"mle-continued"}
    assert means(rows).set_index(["family", "curve"]).coverage[OF_TOKENS, "nucleus"] == 4.5
    assert set(rows.seed) == {1, 2}


def test_what_lacks_one_of_the_metrics_has_no_mark(scores):
    assert trade_off(scores[scores.metric != "validity"], "coverage", "validity").empty
    assert trade_off(scores.iloc[:0], "coverage", "validity").empty


def test_a_panel_of_those_that_are_near_stands_before_all(scores):
    rows = near(trade_off(scores[scores.decoder == "sample"], "coverage", "validity"), 8, "near")
    assert list(rows.family.unique()) == ["near", "All"]
    assert rows[rows.family == "near"].x.max() == 8
    assert rows[rows.family == "All"].x.max() == 11
