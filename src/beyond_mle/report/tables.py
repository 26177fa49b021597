"""Tidy tables of pages: means over seeds beside the control's and the paper's numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from beyond_mle.files import write_text
from beyond_mle.report.effects import search_gaps
from beyond_mle.report.gains import beside_control
from beyond_mle.report.published import NUMBER, as_scores, paper_task
from beyond_mle.report.results import column, identity, over_seeds

COLUMNS = ["task", "model", "objective", "decoder", "metric", "mean", "sd", "n_seeds", "control", "paper"]
"""Of every table; `solver`, `certainty`, hyper-parameters and the labels of members stand behind them."""
_SEARCHED = ["bleu", "bleu-tokenised"]
"""The metrics of which tables show what better searches add."""


def tabulate(
    scores: pd.DataFrame,
    controls: Mapping[str, str],
    published: pd.DataFrame,
    substitutes: Mapping[str, str],
    searches: list[str],
    drawn: Sequence[str] = (),
) -> pd.DataFrame:
    """Means over seeds beside the control's and the paper's numbers.

    Args:
        scores: rows of the long table.
        controls: of each system that has one, the system of its control.
        published: of `load_published`.
        substitutes: task → the published data set whose place it takes.
        searches: decoders that search better than greedy.
        drawn: the columns of the decoders' hyper-parameters, in which a cell and the control's must agree.

    Returns:
        The columns `COLUMNS` and those behind them, one row per cell, in the order of the study; then what better
        searches add to greedy search, per seed too; last, without a mean, what the paper prints of these systems and
        the study does not measure. `sd` is the sample standard deviation over seeds, `control` the mean of the
        control's same cell; missing where there is none.
    """
    gaps = search_gaps(scores[scores.metric.isin(_SEARCHED)], searches, drawn)
    cells = _with_controls(pd.concat([scores, gaps], ignore_index=True), controls, drawn)
    printed = _printed(set(scores.task), published, substitutes, searches)
    cells = pd.concat([cells, _unmeasured(cells, printed)], ignore_index=True)
    cells = _with_papers(cells, printed)
    return cells[[*COLUMNS, *(name for name in cells if name not in COLUMNS)]].astype(
        {"control": float, "paper": float}
    )


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a tidy table as CSV with fixed precision: equal numbers give equal bytes."""
    text = table.copy()
    for name in ("mean", "sd", "control"):
        rounded = text[name].round(6) + 0.0  # no negative zero
        text[name] = rounded.map("{:.6f}".format, na_action="ignore")
    for name in [name for name in text if name not in COLUMNS and pd.api.types.is_float_dtype(text[name])]:
        text[name] = text[name].map("{:g}".format, na_action="ignore")
    text["paper"] = text["paper"].map("{:g}".format, na_action="ignore")
    write_text(path, text.to_csv(index=False, lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _with_controls(scores: pd.DataFrame, controls: Mapping[str, str], drawn: Sequence[str]) -> pd.DataFrame:
    """Means over seeds, with `certainty`, and with the mean of the control's same cell."""
    cells = over_seeds(scores)
    cells["certainty"] = scores.groupby(identity(scores), sort=False, dropna=False)["certainty"].first().to_numpy()
    same = ["decoder", "metric", *(name for name in drawn if name in cells)]
    return cells.assign(control=beside_control(cells, controls, "mean", same)).drop(columns="system")


def _printed(
    tasks: set[str], published: pd.DataFrame, substitutes: Mapping[str, str], searches: list[str]
) -> pd.DataFrame:
    """The paper's numbers on these tasks: `NUMBER`, paper, and the hyper-parameters that it gives."""
    names = {task: substitutes.get(task, task) for task in sorted(tasks)}
    scores = as_scores(published, set(names.values()))
    scores = pd.concat([scores, search_gaps(scores[scores.metric.isin(_SEARCHED)], searches)])
    ours = pd.DataFrame({"ours": list(names), "task": [paper_task(data) for data in names.values()]})
    found = scores.merge(ours, on="task").drop(columns=["task", "seed"])
    return found.rename(columns={"ours": "task", "value": "paper"})


def _agreeing(cells: pd.DataFrame, printed: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """The pairs of a cell and a printed number with the same names and no other hyper-parameter than it gives."""
    given = [name for name in printed if name not in (*NUMBER, "paper")]
    pairs = cells.merge(printed.rename(columns={name: f"printed {name}" for name in given}), on=on)
    for name in given:
        told = pairs.pop(f"printed {name}")
        pairs = pairs[told.isna() | (told == column(pairs, name))]
    return pairs


def _with_papers(cells: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """The cells with the paper's numbers, missing where it prints none."""
    found = _agreeing(cells.reset_index(), printed, NUMBER).set_index("index")["paper"]
    return cells.assign(paper=found[~found.index.duplicated()])


def _unmeasured(cells: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """What the paper prints of systems that `cells` has, but not this metric of them: the columns of `cells`."""
    numbers = ["metric", "mean", "sd", "n_seeds", "control", "certainty"]
    own = [name for name in cells if name not in numbers]
    rows = _agreeing(cells[own].drop_duplicates(), printed, NUMBER[:-1])
    rows = rows.merge(cells[[*own, "metric"]], on=[*own, "metric"], how="left", indicator="found")
    rows = rows[rows.found == "left_only"]
    return rows.assign(mean=float("nan"), sd=float("nan"), n_seeds=0, certainty="exact").reindex(columns=cells.columns)
