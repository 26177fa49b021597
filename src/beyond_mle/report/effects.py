"""Quantities that the report derives from scores: per seed first, then the mean and sample sd over seeds."""

from collections.abc import Collection

import pandas as pd

from beyond_mle.report.style import ORACLE
from beyond_mle.yardsticks.yardstick import NO_DECODER

SPEED_UP = "speed-up"
"""The metric of `with_speed_ups`."""

_GAP = "Δ"


def gap_name(search: str) -> str:
    """The name, in the place of a decoder's, of what a search adds to greedy search."""
    return f"{_GAP} ({search} − greedy)"


def is_gap(decoder: str) -> bool:
    """Whether a name in the place of a decoder's is from `gap_name`."""
    return decoder.startswith(_GAP)


def search_gaps(scores: pd.DataFrame, searches: Collection[str], drawn: Collection[str] = ()) -> pd.DataFrame:
    """What better searches add to greedy search, seed by seed.

    Args:
        scores: rows of a long table.
        searches: decoders that search better than `greedy`.
        drawn: the columns of the decoders' hyper-parameters.

    Returns:
        A row for each of their scores that `greedy` has too: the difference, under the decoder `gap_name(search)`.
    """
    same = [column for column in scores if column not in ("decoder", "value", "items", *drawn)]
    greedy = scores[scores.decoder == "greedy"]
    gaps = scores[scores.decoder.isin(searches)].merge(greedy[[*same, "value"]], on=same, suffixes=("", "_greedy"))
    gaps["value"] -= gaps.value_greedy
    gaps["decoder"] = gaps.decoder.map(gap_name)
    return gaps[list(scores.columns)]


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


def with_speed_ups(table: pd.DataFrame, speeds: pd.DataFrame, model: str, decoder: str) -> pd.DataFrame:
    """A table with the metric `speed-up`: how many times lower the latency at batch size 1 is than that of `model`.

    Objectives do not change the cost of decoding: all of a model get the mean over those that were measured.

    Args:
        table: rows of a tidy table (`tables.COLUMNS`).
        speeds: from `Page.speeds`.
        model: the autoregressive model.
        decoder: its decoder to compare with.

    Returns:
        A row per trained system, its mean missing where no speed was measured, and then the other rows.
    """
    numbers = ["metric", "mean", "sd", "n_seeds", "control", "paper", "certainty"]
    system = [name for name in table if name not in numbers]
    ratios = speed_ups(speeds, model, [decoder])
    measured = {} if ratios.empty else ratios.groupby(["task", "model", "decoder"])[f"× {decoder}, batch 1"].mean()
    is_speed = table.metric == SPEED_UP
    in_order = pd.concat([table[~is_speed], table[is_speed]])  # the paper has not printed all speeds
    decoded = in_order[(in_order.model != ORACLE) & (in_order.decoder != NO_DECODER)]
    rows = decoded[system].drop_duplicates()
    rows["mean"] = [measured.get(key) for key in rows[["task", "model", "decoder"]].itertuples(index=False, name=None)]
    rows["mean"] = rows["mean"].astype(float)
    rows = rows.merge(table.loc[is_speed, [*system, "paper"]], on=system, how="left")
    n_seeds = rows["mean"].notna().astype(int)
    rows = rows.assign(metric=SPEED_UP, n_seeds=n_seeds, sd=float("nan"), control=float("nan"), certainty="exact")
    return pd.concat([rows[table.columns], table[~is_speed]], ignore_index=True)
