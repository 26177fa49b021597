"""Tidy tables: our means over seeds beside the control's and the paper's numbers."""

from pathlib import Path

import pandas as pd

from beyond_mle import config
from beyond_mle.errors import UserError, nearest
from beyond_mle.files import write_text
from beyond_mle.report.effects import over_seeds, search_gaps
from beyond_mle.report.published import Published, as_scores, paper_task
from beyond_mle.report.scores import read_scores, read_truth

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


_SYSTEM = ["task", "model", "objective"]
_NUMBER = [*_SYSTEM, "decoder", "metric"]
_SEARCHED = ["bleu", "bleu-tokenised"]
"""The metrics of which tables show what better searches add."""


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
        also per order), in the order of the study; then the reference rows; then what better searches add to
        greedy search, per seed too; last, without a mean, what the paper prints of these runs and the study does
        not measure. `sd` is the sample standard deviation over seeds, `control` the mean of the control's same
        cell; missing where there is none.

    Raises:
        UserError: if no run belongs to the page, or a score file of the study is missing.
    """
    pages = config.pages(study)
    if page not in pages:
        raise UserError(f"no experiment of preset '{study.preset}' names the page '{page}': {nearest(page, pages)}")
    scores = read_scores(study, runs, page)
    reference = read_truth(truth)
    scores = pd.concat([scores, reference[reference.task.isin(set(scores.task))]])
    searches = [name for name, options in study.decoders.items() if options.get("kind", name) == "beam"]
    scores = _with_gaps(scores, [*searches, "exact"])
    cells = over_seeds(scores)
    printed = _printed(study, published, searches)
    cells = pd.concat([cells, _unmeasured(cells, printed)], ignore_index=True)
    means = cells.set_index(_NUMBER)["mean"].to_dict()
    controls = {(run.task, run.model, run.objective): run.control for run in config.runs(study)}

    def control(row: pd.Series) -> float | None:
        name = controls.get((row.task, row.model, row.objective))
        return means.get((row.task, row.model, name, row.decoder, row.metric))

    cells["control"] = [control(row) for row in cells.itertuples()]
    cells = cells.merge(printed, on=_NUMBER, how="left")
    return cells[COLUMNS].astype({"control": float, "paper": float})


def _with_gaps(scores: pd.DataFrame, searches: list[str]) -> pd.DataFrame:
    return pd.concat([scores, search_gaps(scores[scores.metric.isin(_SEARCHED)], searches)])


def _printed(study: config.Study, published: Published, searches: list[str]) -> pd.DataFrame:
    """The paper's numbers on the study's tasks: `_NUMBER` and paper."""
    names = {task: study.substitutes.get(task, task) for task in study.tasks}
    scores = _with_gaps(as_scores(published, set(names.values())), searches)
    tasks = pd.DataFrame({"ours": list(names), "task": [paper_task(data) for data in names.values()]})
    ours = scores.merge(tasks, on="task").drop(columns="task")
    return ours.rename(columns={"ours": "task", "value": "paper"})[[*_NUMBER, "paper"]]


def _unmeasured(cells: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """What the paper prints of systems that `cells` has, but not this metric of them: the columns of `cells`."""
    decoded = [*_SYSTEM, "order", "decoder"]
    rows = cells[decoded].drop_duplicates().merge(printed, on=[*_SYSTEM, "decoder"])
    rows = rows.merge(cells[_NUMBER].drop_duplicates(), on=_NUMBER, how="left", indicator="found")
    rows = rows[rows.found == "left_only"]
    return rows.assign(mean=float("nan"), sd=float("nan"), n_seeds=0)[list(cells.columns)]


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
