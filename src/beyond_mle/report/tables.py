"""Tidy tables: our means over seeds beside the control's and the paper's numbers."""

from pathlib import Path

import pandas as pd

from beyond_mle import config
from beyond_mle.files import write_text
from beyond_mle.report.published import Published
from beyond_mle.report.scores import CELL, read_scores, read_truth

COLUMNS = [
    "task",
    "model",
    "objective",
    "decoder",
    "metric",
    "mean",
    "sd",
    "n_seeds",
    "control",
    "paper",
    "order",
]


def tabulate(study: config.Study, runs: Path, truth: list[Path], published: Published, page: str) -> pd.DataFrame:
    """Means over seeds beside the control's and the paper's numbers.

    Args:
        study: decides which scores there are.
        runs: the folder results/{preset}/runs.
        truth: the reference rows of tasks with known p, one file per task.
        published: the papers' numbers.
        page: the page that shows the runs.

    Returns:
        The columns `COLUMNS`, one row per task, model, objective, decoder and metric (for the closed form,
        also per order), in the order of the study, the reference rows last. `sd` is the sample standard
        deviation over seeds, `control` the mean of the control's same cell; missing where there is none.

    Raises:
        UserError: if a score file of the study is missing.
    """
    scores = read_scores(study, runs, page)
    reference = read_truth(truth)
    scores = pd.concat([scores, reference[reference.task.isin(set(scores.task))]])
    groups = scores.groupby(CELL, sort=False, dropna=False)["value"]
    cells = groups.agg(mean="mean", sd="std", n_seeds="count").reset_index()
    means = cells.set_index(["task", "model", "objective", "decoder", "metric"])["mean"].to_dict()
    controls = {(run.task, run.model, run.objective): run.control for run in config.runs(study)}

    def control(row: pd.Series) -> float | None:
        name = controls.get((row.task, row.model, row.objective))
        return means.get((row.task, row.model, name, row.decoder, row.metric))

    def paper(row: pd.Series) -> float | None:
        data = study.substitutes.get(row.task, row.task)
        return published.get((data, row.model, row.objective, row.decoder, row.metric))

    cells["control"] = [control(row) for row in cells.itertuples()]
    cells["paper"] = [paper(row) for row in cells.itertuples()]
    return cells[COLUMNS].astype({"control": float, "paper": float})


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a tidy table as CSV with fixed precision: equal numbers give equal bytes."""
    text = table.copy()
    for column in ("mean", "sd", "control"):
        rounded = text[column].round(6) + 0.0  # no negative zero
        text[column] = rounded.map("{:.6f}".format, na_action="ignore")
    for column in ("paper", "order"):
        text[column] = text[column].map("{:g}".format, na_action="ignore")
    write_text(path, text.to_csv(index=False, lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])
