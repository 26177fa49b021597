"""Tables of the report as HTML: what stands in their rows and cells (see cells.py for how it is shown)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from IPython.display import HTML

from beyond_mle.report import style
from beyond_mle.report.cells import Cell, Column, Group, Row, Table
from beyond_mle.report.effects import is_gap
from beyond_mle.report.labels import hyper_parameters, labelled
from beyond_mle.report.style import ORACLE
from beyond_mle.report.templates import fill
from beyond_mle.study import Study
from beyond_mle.yardsticks.yardstick import NO_DECODER

Across = Literal["decoder", "metric"]

TEMPLATE = "table.html.j2"
ABREAST = 6
"""The most metrics of one of the `blocks`."""
_ABSENT = {"mean": "not measured", "paper": "not published"}


def comparison(
    study: Study, table: pd.DataFrame, across: Across, caption: str, sections: Mapping[str, str] | None = None
) -> HTML:
    """Ours (mean ± sd) beside the control's and the paper's numbers.

    Args:
        study: names the tasks' substitutes.
        table: rows of a tidy table (`tables.COLUMNS`). A lower bound of log q and what follows from it are printed as
            bounds, and what is not normalised is not printed as a likelihood.
        across: what the columns are. Across decoders the table must hold one metric.
        caption: what the table shows.
        sections: of `results.sections`: which columns belong to tasks and which to decoders. Others, and those that no
            section has, such as `solver`, belong to the training.

    Returns:
        One row per system, named with what tells it from others (see `labels`), grouped by task and model; in each
        column the task's best trained system is bold, of those whose number is exact.

    Raises:
        ValueError: if two numbers would stand in one cell.
    """
    sections = sections or {}
    table = table.assign(certainty=table.certainty.fillna("exact") if "certainty" in table else "exact")
    table = labelled(table, sections)
    of_task, of_decoder = (
        [name for name in hyper_parameters(table) if sections.get(name) == one] for one in ("task", "decoder")
    )
    drawn = ["decoder", *of_decoder] if across == "metric" else []
    trained = [name for name in hyper_parameters(table) if name not in (*of_task, *of_decoder)]
    own = ["label", "decoder_label"] if across == "metric" and table.decoder_label.nunique() > 1 else ["label"]
    column = "metric" if across == "metric" else "decoder_label"
    parts = {name: _parts(rows) for name, rows in table.groupby(column, sort=False)}
    places = [(name, part) for name, below in parts.items() for part in below]
    groups = []
    for _, of_one in table.groupby(["task", *of_task], sort=False, dropna=False):
        best = _best(of_one, column)
        for _, of_model in of_one.groupby("model", sort=False):
            rows = []
            for _, system in of_model.groupby(["objective", *trained, *drawn], sort=False, dropna=False):
                cells = [*map(Cell, system[own].iloc[0]), *_cells(system, column, places, best)]
                rows.append(Row(cells, "truth" if system.model.iloc[0] == ORACLE else None))
            groups.append(Group(rows, *_heading(study, of_model)))
    columns = [Column(name) for name in ("objective", "decoder")[: len(own)]]
    for name, (_, *beside) in parts.items():
        columns.append(Column(style.metric_label(name) if across == "metric" else name, parts=["ours", *beside]))
    seeds = "" if (table.model == ORACLE).all() else " Ours: mean ± sample sd over seeds."
    unpublished = "" if table.paper.notna().any() else " The paper prints none of these."
    return fill(TEMPLATE, table=Table(columns, groups, f"{caption}{seeds}{unpublished}"))


def blocks(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """A page's whole table in parts that fit a page side by side: what it is, and its rows.

    What needs no outputs comes first, then what was measured on outputs; of each at most `ABREAST` metrics.
    """
    needs_none = table.decoder == NO_DECODER
    for title, rows in (("Without outputs", table[needs_none]), ("Outputs", table[~needs_none])):
        metrics = list(rows.metric.unique())
        for first in range(0, len(metrics), ABREAST):
            yield title, rows[rows.metric.isin(metrics[first : first + ABREAST])]


def printed(scores: pd.DataFrame, across: Across, caption: str) -> HTML:
    """A table as a paper prints it.

    Args:
        scores: from `published.as_scores`.
        across: what the columns below each data set are.
        caption: what the table shows.
    """
    scores = labelled(scores, {})
    parts = {task: list(rows[across].unique()) for task, rows in scores.groupby("task", sort=False)}
    rows = []
    for (model, label), system in scores.groupby(["model", "label"], sort=False):
        numbers = system.set_index(["task", across])["value"].to_dict()
        cells = [_plain(numbers.get((task, name)), True) for task in parts for name in parts[task]]
        rows.append(Row([Cell(model), Cell(label), *cells]))
    columns = [Column("model"), Column("objective"), *(Column(task, parts=names) for task, names in parts.items())]
    return fill(
        TEMPLATE, table=Table(columns, [Group(rows)] if rows else [], caption, "The paper prints none of these.")
    )


def plain(frame: pd.DataFrame, caption: str, empty: str = "Not measured in this study.") -> HTML:
    """Any data frame, numbers on the right; words that are the same in all rows move into the caption.

    Args:
        frame: what to show.
        caption: what the table shows.
        empty: said instead of a table without rows.
    """
    is_number = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in frame}
    same = [name for name in frame if not is_number[name] and len(frame) > 1 and frame[name].nunique() == 1]
    shown = [name for name in frame if name not in same]
    columns = [Column(name.replace("_", " "), "number" if is_number[name] else None) for name in shown]
    rows = [Row([_plain(row[name], is_number[name]) for name in shown]) for row in frame.to_dict("records")]
    note = "".join(f" {name}: {frame[name].iloc[0]}." for name in same)
    return fill(TEMPLATE, table=Table(columns, [Group(rows)] if rows else [], f"{caption}{note}", empty))


def _parts(rows: pd.DataFrame) -> list[str]:
    """What stands below one heading of a comparison: our numbers, and others where there are any."""
    return ["mean", *(part for part in ("control", "paper") if rows[part].notna().any())]


def _heading(study: Study, rows: pd.DataFrame) -> tuple[str, str]:
    """What stands above a model's rows: its name; and on what task, with how many seeds."""
    first = rows.iloc[0]
    data = study.substitutes.get(first.task)
    on_task = f"on {first.task_label}, in place of {data}" if data else f"on {first.task_label}"
    if first.model == ORACLE:
        return "known distribution", on_task
    counts = sorted(set(rows.groupby("objective").n_seeds.max()))
    plural = "" if counts == [1] else "s"
    return first.model, f"{on_task}, {' or '.join(map(str, counts))} seed{plural}"


def _best(rows: pd.DataFrame, across: str) -> dict[str, float]:
    """The best mean of each column, for metrics that have a better side."""
    best = {}
    for name, column in rows[(rows.model != ORACLE) & (rows.certainty == "exact")].groupby(across):
        better = style.metric(column.metric.iloc[0]).better
        if better and column["mean"].nunique() > 1 and not is_gap(column.decoder.iloc[0]):
            best[name] = column["mean"].max() if better == "higher" else column["mean"].min()
    return best


def _cells(rows: pd.DataFrame, across: str, places: Sequence[tuple[str, str]], best: Mapping[str, float]) -> list[Cell]:
    """The numbers of one system, in the order of the places (column, part)."""
    found = {row[across]: row for row in rows.to_dict("records")}
    if len(found) < len(rows):
        system = ", ".join(rows[["task", "model", "objective"]].iloc[0])
        raise ValueError(f"two numbers for one cell of {system}: its rows differ in nothing but their numbers")
    is_truth = rows.model.iloc[0] == ORACLE
    cells = []
    for name, part in places:
        if name in found and pd.notna(found[name][part]):
            cells.append(_measured(found[name], part, None if is_truth else best.get(name)))
        else:
            is_expected = not is_truth and (name in found or across == "metric")  # not every model has every decoder
            cells.append(Cell(_ABSENT.get(part, "") if is_expected else "", part, "faint"))
    return cells


def _measured(row: Mapping[str, Any], part: str, best: float | None) -> Cell:
    """Our mean with its sd, the control's mean or the paper's number."""
    if part == "paper":
        return Cell(f"{row[part]:g}", part)
    metric, certainty = row["metric"], row["certainty"]
    text = style.number(row[part], metric)
    sign = style.bound_sign(metric) if certainty == "lower-bound" else ""
    if certainty == "unnormalised" or sign is None:  # it says nothing of the likelihood
        return Cell("unnormalised" if certainty == "unnormalised" else "a bound", part, "faint", title=text)
    is_best = part == "mean" and certainty == "exact" and row["mean"] == best
    spread = style.number(row["sd"], metric) if part == "mean" else ""
    return Cell(f"{sign} {text}" if sign else text, part, "best" if is_best else "plain", spread)


def _plain(value: Any, is_number: bool) -> Cell:
    """Any value; numbers with four digits."""
    if not is_number:
        return Cell(str(value))
    missing = value is None or pd.isna(value)
    return Cell("" if missing else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}", "number")
