"""What an objective gains over its control, seed by seed; and where on an axis of lengths that happens."""

from collections.abc import Iterable, Sequence

import pandas as pd

from beyond_mle import config
from beyond_mle.report.scores import CELL, COLUMNS, NO_DECODER
from beyond_mle.yardsticks.escort import exponent


def searched(scores: pd.DataFrame, runs: Iterable[config.Run]) -> pd.DataFrame:
    """Of these runs, the scores of the decoder that each lists first, and those that need no decoder."""
    first = {(run.task, run.model, run.objective): run.decoders[0] for run in runs}
    names = scores[["task", "model", "objective"]].itertuples(index=False, name=None)
    wanted = pd.Series([first.get(name) for name in names], index=scores.index, dtype=object)
    return scores[(scores.decoder == wanted) | (wanted.notna() & (scores.decoder == NO_DECODER))]


def gains(scores: pd.DataFrame, runs: Iterable[config.Run], metrics: Sequence[str]) -> pd.DataFrame:
    """Objective minus control, paired by seed: same task, model, decoder and metric.

    Args:
        scores: from `read_scores`.
        runs: name the controls.
        metrics: those to keep.

    Returns:
        The columns of `scores`; `value` is the difference.
    """
    controls = {(run.task, run.model, run.objective, run.control) for run in runs if run.control}
    pairs = pd.DataFrame(sorted(controls), columns=["task", "model", "objective", "control"])
    kept = scores[scores.metric.isin(metrics)]
    base = kept.drop(columns="order").rename(columns={"objective": "control", "value": "base"})
    both = kept.merge(pairs).merge(base, on=["task", "model", "control", "decoder", "metric", "seed"])
    return both.assign(value=both.value - both.base)[COLUMNS]


def lengths(study: config.Study, scores: pd.DataFrame) -> pd.DataFrame:
    """T of the references as the loss counts it, on average: the columns task, model, length.

    NLL per sentence over NLL per position is the number of positions that the model predicts. T also counts the
    boundary symbols that need no prediction: bos and eos, once the length is known (see `LogProb.boundary`).
    """
    keys = ["task", "model", "objective", "seed"]
    nll, per_token = (scores[scores.metric == name][[*keys, "value"]] for name in ("nll", "nll-token"))
    both = nll.merge(per_token, on=keys, suffixes=("", "_token"))
    positions = (both.value / both.value_token).groupby([both.task, both.model], sort=False).mean()
    rows = [[task, model, value + _certain_symbols(study, model)] for (task, model), value in positions.items()]
    return pd.DataFrame(rows, columns=["task", "model", "length"]).astype({"length": float})


def exponents(rows: pd.DataFrame) -> pd.DataFrame:
    """β = T/(T − k) of each system, for its order k and its mean length T.

    Args:
        rows: with the columns order and length.

    Returns:
        One row per task, model, objective and order that has one: the columns of `scores.CELL`, mean, sd and length;
        the metric is `exponent`.
    """
    systems = rows[rows.order.notna()].drop_duplicates(["task", "model", "objective", "order"])
    betas = [exponent(row.length, row.order) for row in systems.itertuples()]
    cells = systems.assign(decoder=NO_DECODER, metric="exponent", mean=betas, sd=float("nan"))
    return cells[[*CELL, "mean", "sd", "length"]].reset_index(drop=True)


def odds(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of each row whether its task's styles have equal odds; a single style has none, and is there as both.

    Args:
        rows: with the columns styles and zipf.

    Returns:
        The rows with a further column, odds: `equal odds` or `unequal odds`.
    """
    equal = rows[(rows.zipf == 0) | (rows.styles == 1)].assign(odds="equal odds")
    unequal = rows[(rows.zipf != 0) | (rows.styles == 1)].assign(odds="unequal odds")
    return pd.concat([equal, unequal], ignore_index=True)


def _certain_symbols(study: config.Study, model: str) -> int:
    """How many boundary symbols count in T without being predicted: an autoregressive model predicts its only one."""
    boundary = config.entry(study, "models", model).cls.boundary
    return 0 if boundary == 1 else boundary
