"""Tidy tables of pages: means over seeds beside the control's and the paper's numbers."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from beyond_mle.files import write_text
from beyond_mle.report.effects import search_gaps
from beyond_mle.report.published import Published, as_scores, paper_task
from beyond_mle.report.results import identity, over_seeds

COLUMNS = ["task", "model", "objective", "decoder", "metric", "mean", "sd", "n_seeds", "control", "paper"]
"""Of every table; `solver`, `certainty`, hyper-parameters and the labels of members stand behind them."""
_NUMBER = ["task", "model", "objective", "decoder", "metric"]
_SEARCHED = ["bleu", "bleu-tokenised"]
"""The metrics of which tables show what better searches add."""


def tabulate(
    scores: pd.DataFrame,
    controls: Mapping[str, str],
    published: Published,
    substitutes: Mapping[str, str],
    searches: list[str],
) -> pd.DataFrame:
    """Means over seeds beside the control's and the paper's numbers.

    Args:
        scores: rows of the long table.
        controls: of each system that has one, the system of its control.
        published: the papers' numbers.
        substitutes: task → the published data set whose place it takes.
        searches: decoders that search better than greedy.

    Returns:
        The columns `COLUMNS` and those behind them, one row per cell, in the order of the study; then what better
        searches add to greedy search, per seed too; last, without a mean, what the paper prints of these systems and
        the study does not measure. `sd` is the sample standard deviation over seeds, `control` the mean of the
        control's same cell; missing where there is none.
    """
    gaps = search_gaps(scores[scores.metric.isin(_SEARCHED)], searches)
    cells = _with_controls(pd.concat([scores, gaps], ignore_index=True), controls)
    printed = _printed(set(scores.task), published, substitutes, searches)
    cells = pd.concat([cells, _unmeasured(cells, printed)], ignore_index=True)
    cells = cells.merge(printed, on=_NUMBER, how="left")
    return cells[[*COLUMNS, *(name for name in cells if name not in COLUMNS)]].astype(
        {"control": float, "paper": float}
    )


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a tidy table as CSV with fixed precision: equal numbers give equal bytes."""
    text = table.copy()
    for column in ("mean", "sd", "control"):
        rounded = text[column].round(6) + 0.0  # no negative zero
        text[column] = rounded.map("{:.6f}".format, na_action="ignore")
    for column in [name for name in text if name not in COLUMNS and pd.api.types.is_float_dtype(text[name])]:
        text[column] = text[column].map("{:g}".format, na_action="ignore")
    text["paper"] = text["paper"].map("{:g}".format, na_action="ignore")
    write_text(path, text.to_csv(index=False, lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _with_controls(scores: pd.DataFrame, controls: Mapping[str, str]) -> pd.DataFrame:
    """Means over seeds, with `certainty`, and with the mean of the control's same cell."""
    cells = over_seeds(scores)
    groups = scores.groupby(identity(scores), sort=False, dropna=False)
    cells["certainty"] = groups["certainty"].first().to_numpy()
    cells["system"] = groups["system"].first().to_numpy()
    drawn = ["decoder", "metric", *(name for name in ("temperature",) if name in cells)]
    base = cells[["system", *drawn, "mean"]].rename(columns={"system": "of", "mean": "control"})
    cells = cells.assign(of=cells.system.map(controls)).merge(base, on=["of", *drawn], how="left")
    return cells.drop(columns=["of", "system"])


def _printed(
    tasks: set[str], published: Published, substitutes: Mapping[str, str], searches: list[str]
) -> pd.DataFrame:
    """The paper's numbers on these tasks: `_NUMBER` and paper."""
    names = {task: substitutes.get(task, task) for task in sorted(tasks)}
    scores = as_scores(published, set(names.values()))
    scores = pd.concat([scores, search_gaps(scores[scores.metric.isin(_SEARCHED)], searches)])
    ours = pd.DataFrame({"ours": list(names), "task": [paper_task(data) for data in names.values()]})
    found = scores.merge(ours, on="task").drop(columns="task")
    return found.rename(columns={"ours": "task", "value": "paper"})[[*_NUMBER, "paper"]]


def _unmeasured(cells: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """What the paper prints of systems that `cells` has, but not this metric of them: the columns of `cells`."""
    numbers = ["metric", "mean", "sd", "n_seeds", "control", "certainty"]
    rows = cells.drop(columns=numbers).drop_duplicates().merge(printed, on=_NUMBER[:-1])
    rows = rows.merge(cells[_NUMBER].drop_duplicates(), on=_NUMBER, how="left", indicator="found")
    rows = rows[rows.found == "left_only"]
    return rows.assign(mean=float("nan"), sd=float("nan"), n_seeds=0, certainty="exact").reindex(columns=cells.columns)
