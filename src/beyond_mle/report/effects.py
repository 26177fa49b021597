"""Quantities that the report derives from scores: per seed first, then the mean and sample sd over seeds."""

from collections.abc import Sequence

import pandas as pd

from beyond_mle.report.scores import CELL

GROUP = ["task", "model", "objective", "order"]


def search_gap(scores: pd.DataFrame, metric: str, searches: Sequence[str]) -> pd.DataFrame:
    """What a better search adds to greedy search: `metric` of the one minus that of the other.

    Args:
        scores: from `read_scores`, `read_truth` or `published.as_scores`.
        metric: such as `bleu`.
        searches: the decoders that search better than `greedy`; a row has one of them.

    Returns:
        One row per task, model, objective and order that has both: the columns `GROUP`, mean, sd, n_seeds.
    """
    keys = [*GROUP, "seed"]
    kept = scores[scores.metric == metric]
    gaps = kept[kept.decoder == "greedy"]
    better = kept[kept.decoder.isin(searches)]
    gaps = gaps.merge(better, on=keys, suffixes=("_greedy", "_better"))
    return _over_seeds(gaps.assign(value=gaps.value_better - gaps.value_greedy), GROUP)


def over_seeds(scores: pd.DataFrame, metrics: list[str], decoder: str | None = None) -> pd.DataFrame:
    """Mean and sd over seeds of some metrics: the columns `scores.CELL`, mean, sd, n_seeds.

    Args:
        scores: from `read_scores` or `read_truth`.
        metrics: those to keep, in this order.
        decoder: the one to keep; all by default.
    """
    kept = pd.concat([scores[scores.metric == metric] for metric in metrics])
    if decoder is not None:
        kept = kept[kept.decoder == decoder]
    return _over_seeds(kept, CELL)


def speed_ups(speeds: pd.DataFrame, model: str, decoders: list[str]) -> pd.DataFrame:
    """How many times faster each system is than `model` with each of `decoders`, on the same task and device.

    Args:
        speeds: rows as in speed/{task}.json, with a column `task`.
        model: the autoregressive model.
        decoders: its decoders to compare with.

    Returns:
        `speeds` with two columns per decoder: the ratio of throughputs, `× {decoder}`, and that of latencies
        at batch size 1, `× {decoder}, batch 1`. The reference is the mean over the objectives of `model`.
    """
    if speeds.empty:
        return speeds
    same = ["task", "device", "batch"]
    result = speeds.reset_index(drop=True)
    for decoder in decoders:
        reference = speeds[(speeds.model == model) & (speeds.decoder == decoder)]
        means = reference.groupby(same)[["sentences_per_second", "latency_ms"]].mean().reset_index()
        beside = result[same].merge(means, on=same, how="left")
        result[f"× {decoder}"] = result.sentences_per_second / beside.sentences_per_second
        result[f"× {decoder}, batch 1"] = beside.latency_ms / result.latency_ms
    return result


def _over_seeds(values: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean, sample sd and number of seeds of each group, in order of first appearance."""
    groups = values.groupby(keys, sort=False, dropna=False)["value"]
    return groups.agg(mean="mean", sd="std", n_seeds="count").reset_index()
