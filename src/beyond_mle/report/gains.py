"""What an objective gains over its control, seed by seed; and where on an axis of lengths that happens."""

from collections.abc import Mapping, Sequence

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import system_of


def beside_control(rows: pd.DataFrame, controls: Mapping[str, str], number: str, same: Sequence[str]) -> pd.Series:
    """The number of each row's control.

    Args:
        rows: with a column `system`.
        controls: of each system that has one, the system of its control.
        number: the column of the number.
        same: the columns in which a row and the control's must agree.

    Returns:
        By the index of `rows`; missing where there is no control, or several numbers of it.
    """
    keys = ["system", *same]
    base = rows.loc[rows.system.notna(), [*keys, number]].drop_duplicates(keys, keep=False)
    base = base.rename(columns={"system": "of", number: "beside"})
    of = rows.system.map(controls).astype(object)
    return rows[list(same)].assign(of=of).merge(base, on=["of", *same], how="left")["beside"].set_axis(rows.index)


def gains(
    rows: pd.DataFrame, controls: Mapping[str, str], sections: Mapping[str, str], metrics: Sequence[str]
) -> pd.DataFrame:
    """Objective minus control, paired by seed: same task, model, decoder and metric.

    Args:
        rows: of the long table, those of the controls among them.
        controls: of each system that has one, the system of its control.
        sections: of `results.sections`.
        metrics: those to keep.

    Returns:
        The columns of the long table; `value` is the difference.
    """
    kept = rows[rows.metric.isin(metrics)]
    drawn = [name for name in kept if sections.get(name) == "decoder"]
    base = beside_control(kept, controls, "value", ["decoder", *drawn, "metric", "seed"])
    return kept.assign(value=kept.value - base)[base.notna()]


def with_length(rows: pd.DataFrame, scores: pd.DataFrame, jobs: Mapping[str, Job]) -> pd.DataFrame:
    """The rows with a further column, length: T of the references as the loss counts it, on average.

    NLL per sentence over NLL per position is the number of positions that the model predicts. T also counts the
    boundary symbols that need no prediction: bos and eos, once the length is known (see `LogProb.boundary`).

    Args:
        rows: with a column `system`.
        scores: of the long table, with `nll` and `nll-token`.
        jobs: those of the study.
    """
    own = {system_of(job): job for job in jobs.values()}
    keys = ["system", "seed"]
    nll, per_token = (scores[scores.metric == name][[*keys, "value"]] for name in ("nll", "nll-token"))
    both = nll.merge(per_token, on=keys, suffixes=("", "_token"))
    positions = both.value / both.value_token
    parts = {system: (job.run.task.label, job.run.model.label) for system, job in own.items()}
    means = positions.groupby(both.system.map(parts)).mean()
    lengths = {
        system: means[part] + _certain_symbols(own[system]) for system, part in parts.items() if part in means.index
    }
    return rows.assign(length=rows.system.map(lengths).astype(float))


def with_odds(rows: pd.DataFrame, jobs: Mapping[str, Job]) -> pd.DataFrame:
    """Say of each row whether its task's styles have equal odds, as a single one has with itself.

    Args:
        rows: with a column `system`, on tasks that have styles.
        jobs: those of the study.

    Returns:
        The rows with a further column, odds: `equal odds` or `unequal odds`.
    """
    own = {system_of(job): job.task.options for job in jobs.values()}
    is_equal = rows.system.map(lambda system: own[system].zipf == 0 or own[system].styles == 1).astype(bool)
    return rows.assign(odds=is_equal.map({True: "equal odds", False: "unequal odds"}))


def _certain_symbols(job: Job) -> int:
    """How many boundary symbols count in T without being predicted: an autoregressive model predicts its only one."""
    boundary = getattr(job.model.cls, "boundary", 1)
    return 0 if boundary == 1 else boundary
