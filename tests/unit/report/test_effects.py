import pandas as pd
import pytest

from beyond_mle.report.effects import gap_name, is_gap, search_gaps, speed_ups, with_speed_ups
from beyond_mle.report.results import measured, over_seeds

COLUMNS = ["task", "model", "objective", "size", "decoder", "metric", "seed", "value"]
TABLE_COLUMNS = ["task", "model", "objective", "decoder", "metric", "mean", "sd", "n_seeds", "control", "paper"]
TABLE_COLUMNS += ["order", "certainty"]


def score(objective: str, decoder: str, seed: int, value: float) -> list:
    return ["t", "m", objective, float("nan"), decoder, "bleu", seed, value]


def test_the_gap_is_taken_seed_by_seed():
    rows = [score("mle", "greedy", 1, 10), score("mle", "beam5", 1, 13)]
    rows += [score("mle", "greedy", 2, 20), score("mle", "beam5", 2, 21)]
    gaps = search_gaps(pd.DataFrame(rows, columns=COLUMNS), ["beam5"])
    assert gaps[["seed", "value"]].to_numpy().tolist() == [[1, 3.0], [2, 1.0]]
    (row,) = over_seeds(gaps).itertuples()
    assert (row.decoder, row.mean, row.n_seeds) == (gap_name("beam5"), 2.0, 2)
    assert row.sd == pytest.approx(2**0.5)


def test_every_search_has_a_gap_of_its_own():
    rows = [score("mle", name, 1, value) for name, value in (("greedy", 10), ("beam5", 12), ("beam20", 11))]
    gaps = search_gaps(pd.DataFrame(rows, columns=COLUMNS), ["beam5", "beam20"])
    assert dict(zip(gaps.decoder, gaps.value, strict=True)) == {gap_name("beam5"): 2.0, gap_name("beam20"): 1.0}
    assert all(map(is_gap, gaps.decoder))
    assert not is_gap("beam5")


def test_a_search_with_variants_has_a_gap_for_each():
    rows = pd.DataFrame([score("mle", name, 1, value) for name, value in (("greedy", 10), ("beam", 12), ("beam", 13))])
    rows = rows.set_axis(COLUMNS, axis=1).assign(size=[None, 5, 20])
    gaps = search_gaps(rows, ["beam"], ["size"])
    assert dict(zip(gaps["size"], gaps.value, strict=True)) == {5: 2.0, 20: 3.0}


def test_systems_without_both_searches_have_no_gap(scores):
    gaps = search_gaps(scores, ["beam5", "exact"])
    assert set(gaps.model) == {"transformer", "oracle"}
    own = scores[(scores.model == "oracle") & (scores.objective == "mle") & (scores.metric == "bleu")]
    by_decoder = own.set_index("decoder").value
    (gap,) = gaps[(gaps.model == "oracle") & (gaps.objective == "mle") & (gaps.metric == "bleu")].value
    assert gap == pytest.approx(by_decoder["exact"] - by_decoder["greedy"])


def test_means_come_in_the_order_of_the_metrics_asked_for(scores):
    rows = over_seeds(measured(scores, ["nll", "entropy"], "none"))
    assert list(rows.metric.unique()) == ["nll", "entropy"]
    system = "grammar-ab/transformer/mle"
    (row,) = rows[(rows.system == system) & (rows.metric == "entropy")].itertuples()
    own = scores[(scores.system == system) & (scores.metric == "entropy")].value
    assert (row.mean, row.sd, row.n_seeds) == (pytest.approx(own.mean()), pytest.approx(own.std()), 2)


SPEED_COLUMNS = ["task", "model", "objective", "decoder", "batch", "sentences_per_second", "latency_ms", "device"]
SPEEDS = pd.DataFrame(
    [
        ["t", "transformer", "mle", "beam5", 64, 50.0, 30.0, "cpu"],
        ["t", "vanilla-nat", "mle", "single-pass", 64, 1000.0, 2.0, "cpu"],
        ["u", "vanilla-nat", "mle", "single-pass", 64, 1000.0, 2.0, "cpu"],
    ],
    columns=SPEED_COLUMNS,
)


def test_speed_ups_compare_within_task_device_and_batch():
    found = speed_ups(SPEEDS, "transformer", ["beam5"])
    assert found["× beam5"].tolist()[:2] == [1.0, 20.0]
    assert found["× beam5, batch 1"].tolist()[:2] == [1.0, 15.0]
    assert pd.isna(found["× beam5"].iloc[2])  # nothing to compare with on task u


def system(task: str, model: str, objective: str, decoder: str, metric: str, mean: float, paper: float) -> dict:
    return {
        **{"task": task, "model": model, "objective": objective, "decoder": decoder, "metric": metric},
        **{"mean": mean, "sd": 0.5, "n_seeds": 3, "control": None, "paper": paper, "order": float("nan")},
        "certainty": "exact",
    }


def test_a_table_gets_the_speed_up_of_every_system_whatever_its_objective():
    nan = float("nan")
    rows = [system("t", "vanilla-nat", name, "single-pass", "bleu", 40.0, nan) for name in ("mle", "convex-exp")]
    rows.append(system("t", "vanilla-nat", "mle", "single-pass", "speed-up", nan, 15.6))  # printed, not measured
    rows.append(system("v", "ctc", "mle", "best-path", "bleu", 40.0, nan))
    rows.append(system("t", "oracle", "mle", "exact", "bleu", 80.0, nan))
    table = pd.DataFrame(rows)[TABLE_COLUMNS]
    found = with_speed_ups(table, SPEEDS, "transformer", "beam5")
    assert list(found.columns) == TABLE_COLUMNS
    speed = found[found.metric == "speed-up"].set_index(["task", "model", "objective"])
    assert speed.loc[("t", "vanilla-nat", "mle"), ["mean", "paper"]].tolist() == [15.0, 15.6]
    assert speed.loc[("t", "vanilla-nat", "convex-exp"), "mean"] == 15.0
    assert pd.isna(speed.loc[("v", "ctc", "mle"), "mean"])
    assert len(speed) == 3  # none for the reference rows
    assert found[found.metric == "bleu"].equals(table[table.metric == "bleu"].set_axis(found.index[3:]))


def test_a_table_without_measured_speeds_keeps_the_papers():
    table = pd.DataFrame([system("t", "vanilla-nat", "mle", "single-pass", "speed-up", float("nan"), 15.6)])
    (row,) = with_speed_ups(table[TABLE_COLUMNS], SPEEDS.iloc[:0], "transformer", "beam5").itertuples()
    assert pd.isna(row.mean)
    assert (row.paper, row.n_seeds) == (15.6, 0)
