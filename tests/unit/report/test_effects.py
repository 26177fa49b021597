import pandas as pd
import pytest

from beyond_mle.report.effects import over_seeds, search_gap, speed_ups
from beyond_mle.report.scores import COLUMNS, read_scores, read_truth


@pytest.fixture
def scores(study, results):
    return read_scores(study, results / "runs")


def score(objective: str, decoder: str, seed: int, value: float) -> list:
    return ["t", "m", objective, float("nan"), decoder, "bleu", seed, value]


def test_the_gap_is_taken_seed_by_seed():
    rows = [score("mle", "greedy", 1, 10), score("mle", "beam5", 1, 13)]
    rows += [score("mle", "greedy", 2, 20), score("mle", "beam5", 2, 21)]
    gaps = search_gap(pd.DataFrame(rows, columns=COLUMNS), "bleu", ["beam5"])
    assert gaps[["mean", "n_seeds"]].to_numpy().tolist() == [[2.0, 2.0]]  # of 3 and 1
    assert gaps["sd"].iloc[0] == pytest.approx(2**0.5)


def test_systems_without_both_searches_have_no_gap(scores, results):
    truth = read_truth([results / "truth" / "grammar-ab.json"])
    gaps = search_gap(pd.concat([scores, truth]), "bleu", ["beam5", "exact"])
    assert "vanilla-nat" not in set(gaps.model)
    closed = gaps[gaps.objective == "closed-form"]
    assert dict(zip(closed.order, closed["mean"], strict=True)) == {0.0: 6.0, 1.0: 5.0, 3.0: 3.0}


def test_means_come_in_the_order_of_the_metrics_asked_for(scores):
    rows = over_seeds(scores, ["nll", "entropy"], "none")
    assert list(rows.metric.unique()) == ["nll", "entropy"]
    first = rows[(rows.model == "transformer") & (rows.objective == "mle")].set_index("metric")
    assert first.loc["entropy", ["mean", "sd"]].tolist() == pytest.approx([0.5, 0.01])


def test_speed_ups_compare_within_task_device_and_batch():
    names = ["task", "model", "decoder", "batch", "sentences_per_second", "latency_ms", "device"]
    rows = [
        ["t", "transformer", "beam5", 64, 50.0, 30.0, "cpu"],
        ["t", "vanilla-nat", "single-pass", 64, 1000.0, 2.0, "cpu"],
        ["u", "vanilla-nat", "single-pass", 64, 1000.0, 2.0, "cpu"],
    ]
    found = speed_ups(pd.DataFrame(rows, columns=names), "transformer", ["beam5"])
    assert found["× beam5"].tolist()[:2] == [1.0, 20.0]
    assert found["× beam5, batch 1"].tolist()[:2] == [1.0, 15.0]
    assert pd.isna(found["× beam5"].iloc[2])  # nothing to compare with on task u
