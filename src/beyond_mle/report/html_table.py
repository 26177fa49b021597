"""Tables of the report as HTML, all in one style (see template/page.css)."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Literal

import pandas as pd
from IPython.display import HTML

from beyond_mle import config
from beyond_mle.report.effects import is_gap
from beyond_mle.report.scores import TRUTH
from beyond_mle.report.style import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    metric_label,
    number,
    objective_label,
    task_label,
)

Across = Literal["decoder", "metric"]

_ABSENT = {"mean": "not measured", "paper": "not published"}
_VERDICTS = {"replicated": "✓", "contradicted": "✗", "inconclusive": "?", "not run": "–"}


def comparison(study: config.Study, table: pd.DataFrame, across: Across, caption: str) -> HTML:
    """Ours (mean ± sd) beside the control's and the paper's numbers.

    Args:
        study: names the tasks' substitutes, and gives the caveat printed below every table.
        table: rows of a tidy table (`tables.COLUMNS`).
        across: what the columns are. Across decoders the table must hold one metric.
        caption: what the table shows.

    Returns:
        One row per system, grouped by task and model; in each column the task's best trained system is bold.
    """
    if table.empty:
        return HTML("<p>Not measured in this study.</p>")
    labels = ["objective", "decoder"] if across == "metric" and table.decoder.nunique() > 1 else ["objective"]
    columns = [
        (name, part)
        for name, rows in table.groupby(across, sort=False)
        for part in ("mean", "control", "paper")
        if part == "mean" or rows[part].notna().any()
    ]
    width = len(labels) + len(columns)
    body = []
    for task, of_task in table.groupby("task", sort=False):
        best = _best(of_task, across)
        for model, rows in of_task.groupby("model", sort=False):
            body.append(f'<tr class="group"><th colspan="{width}">{_group(study, task, model, rows)}</th></tr>')
            for key, system in rows.groupby(["objective", "order", *labels[1:]], sort=False, dropna=False):
                cells = system.set_index(across)
                names = [objective_label(key[0], key[1]), *key[2:]]
                parts = [_part(cells, name, part, across, best) for name, part in columns]
                body.append(_row(names, parts, model))
    seeds = "" if (table.model == TRUTH).all() else " Ours: mean ± sample sd over seeds."
    unpublished = "" if table.paper.notna().any() else " The paper prints none of these."
    note = f"{caption}{seeds}{unpublished} {study.caveat}"
    return HTML(_table(_two_row_head(labels, columns), body, note))


def printed(scores: pd.DataFrame, across: Across, caption: str) -> HTML:
    """A table as a paper prints it.

    Args:
        scores: from `published.as_scores`.
        across: what the columns below each data set are.
        caption: what the table shows.
    """
    columns = [(task, name) for task, rows in scores.groupby("task", sort=False) for name in rows[across].unique()]
    body = []
    for (model, objective), system in scores.groupby(["model", "objective"], sort=False):
        values = system.set_index(["task", across])["value"].to_dict()
        cells = [_cell(values.get(column, float("nan")), True) for column in columns]
        body.append(_row([model, objective], cells, model))
    return HTML(_table(_two_row_head(["model", "objective"], columns), body, caption))


def scorecard(study: config.Study, card: Sequence[dict[str, Any]]) -> HTML:
    """The verdict of every claim; claims that this study does not measure are folded away."""
    counts = [f"{_badge(v)} {sum(row['verdict'] == v for row in card)}" for v in _VERDICTS]
    run = [row for row in card if row["verdict"] != "not run"]
    rest = [row for row in card if row["verdict"] == "not run"]
    note = "Measured: mean over seeds, with Student's 95 % interval, paired by seed; exact results have no interval."
    shown = _claims(run, f"{note} {study.caveat}") if run else "<p>None of the claims is measured by this study.</p>"
    folded = f"<details><summary>{len(rest)} claims not run in this study</summary>{_claims(rest, '')}</details>"
    return HTML(f'<p class="counts">{" ".join(counts)}</p>{shown}{folded if rest else ""}')


def links(pages: Mapping[str, str]) -> HTML:
    """A list of pages: file → title."""
    items = (f'<li><a href="{_text(file)}">{_text(title)}</a></li>' for file, title in pages.items())
    return HTML(f"<ul>{''.join(items)}</ul>")


def plain(frame: pd.DataFrame, caption: str, empty: str = "Not measured in this study.") -> HTML:
    """Any data frame, numbers on the right; words that are the same in all rows move into the caption.

    Args:
        frame: what to show.
        caption: what the table shows.
        empty: said instead of a table without rows.
    """
    if frame.empty:
        return HTML(f"<p>{_text(empty)}</p>")
    is_number = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in frame}
    same = [name for name in frame if not is_number[name] and len(frame) > 1 and frame[name].nunique() == 1]
    shown = [name for name in frame if name not in same]
    head = "".join(
        f'<th class="{"number" if is_number[name] else ""}">{_text(name).replace("_", " ")}</th>' for name in shown
    )
    body = [
        f"<tr>{''.join(_cell(row[name], is_number[name]) for name in shown)}</tr>" for row in frame.to_dict("records")
    ]
    note = "".join(f" {name}: {frame[name].iloc[0]}." for name in same)
    return HTML(_table(f"<tr>{head}</tr>", body, f"{caption}{note}"))


def _group(study: config.Study, task: str, model: str, rows: pd.DataFrame) -> str:
    """The heading of a model's rows."""
    on_task = f"<i>on {_text(task_label(study, task))}"
    if model == TRUTH:
        return f"known distribution {on_task}</i>"
    counts = sorted(set(rows.groupby("objective").n_seeds.max()))
    plural = "" if counts == [1] else "s"
    return f"{_text(model)} {on_task}, {' or '.join(map(str, counts))} seed{plural}</i>"


def _best(rows: pd.DataFrame, across: str) -> dict[str, float]:
    """The best mean of each column, for metrics that have a better side."""
    best = {}
    for name, column in rows[rows.model != TRUTH].groupby(across):
        metric = column.metric.iloc[0]
        has_side = metric in HIGHER_IS_BETTER | LOWER_IS_BETTER and not is_gap(column.decoder.iloc[0])
        if column["mean"].nunique() > 1 and has_side:
            best[name] = column["mean"].max() if metric in HIGHER_IS_BETTER else column["mean"].min()
    return best


def _part(cells: pd.DataFrame, name: str, part: str, across: str, best: dict[str, float]) -> str:
    """One table cell: our mean with its sd, the control's mean or the paper's number."""
    is_truth = cells["model"].iloc[0] == TRUTH
    if name not in cells.index or pd.isna(cells.loc[name, part]):
        is_expected = not is_truth and (name in cells.index or across == "metric")  # not every model has every decoder
        absent = f'<span class="sd">{_ABSENT[part]}</span>' if is_expected and part in _ABSENT else ""
        return f'<td class="{part}">{absent}</td>'
    cell = cells.loc[name]
    metric = name if across == "metric" else cell["metric"]
    text = f"{cell[part]:g}" if part == "paper" else number(cell[part], metric)
    if part == "mean":
        if cell["mean"] == best.get(name) and not is_truth:
            text = f"<b>{text}</b>"
        if pd.notna(cell["sd"]):
            text += f'<span class="sd"> ± {number(cell["sd"], metric)}</span>'
    return f'<td class="{part}">{text}</td>'


def _row(names: Sequence[str], cells: Sequence[str], model: str) -> str:
    kind = ' class="truth"' if model == TRUTH else ""
    return f"<tr{kind}>{''.join(f'<td>{_text(name)}</td>' for name in names)}{''.join(cells)}</tr>"


def _two_row_head(names: Sequence[str], columns: Sequence[tuple[str, str]]) -> str:
    """The groups' names above, and below them what each column of a group is."""
    groups = list(dict.fromkeys(name for name, _ in columns))
    spans = [sum(name == group for name, _ in columns) for group in groups]
    upper = "".join(f'<th rowspan="2">{_text(name)}</th>' for name in names)
    titles = [
        f'<th class="over" colspan="{n}">{_text(metric_label(g))}</th>' for g, n in zip(groups, spans, strict=True)
    ]
    upper += "".join(titles)
    lower = "".join(f'<th class="number">{"ours" if part == "mean" else _text(part)}</th>' for _, part in columns)
    return f"<tr>{upper}</tr><tr>{lower}</tr>"


def _claims(card: Sequence[dict[str, Any]], caption: str) -> str:
    titles = ["verdict", "claim", "source", "paper", "measured", "95 % interval", "measured on"]
    papers: dict[str, list[str]] = {}
    for row in card:
        paper, _, place = row["source"].partition(", ")
        low, high = row["low"], row["high"]
        bounds = "" if low == high else f"[{_figure(low)}, {_figure(high)}]"  # nothing for exact numbers
        cells = [
            f"<td>{_badge(row['verdict'])}</td>",
            f'<td class="wide">{_text(row["statement"])}</td>',
            f"<td>{_text(place)}</td>",
            f'<td class="paper">{_figure(row["paper"])}</td>',
            f'<td class="mean">{_figure(row["measured"])}</td>',
            f'<td class="sd">{bounds}</td>',
            f"<td>{_text(row['task'] or '')}</td>",
        ]
        heading = f'<tr class="group"><th colspan="{len(titles)}">{_text(paper)}</th></tr>'
        papers.setdefault(paper, [heading]).append(f'<tr id="{_text(row["id"])}">{"".join(cells)}</tr>')
    body = [line for lines in papers.values() for line in lines]
    numeric = {"paper", "measured"}
    head = "".join(f'<th class="{"number" if title in numeric else ""}">{title}</th>' for title in titles)
    return _table(f"<tr>{head}</tr>", body, caption)


def _badge(verdict: str) -> str:
    kind = verdict.replace(" ", "-")
    return f'<span class="verdict {kind}">{_VERDICTS[verdict]} {verdict}</span>'


def _figure(value: float | None) -> str:
    """A measured quantity: BLEU points to two decimals, small numbers to three, the smallest by their power of ten."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}".replace("-", "−")
    return number(value, "bleu" if value is not None and abs(value) >= 0.1 else "")


def _cell(value: Any, is_number: bool) -> str:
    if not is_number:
        return f"<td>{_text(value)}</td>"
    text = "" if pd.isna(value) else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
    return f'<td class="number">{text}</td>'


def _table(head: str, body: Sequence[str], caption: str) -> str:
    note = f"<figcaption>{_text(caption.strip())}</figcaption>" if caption.strip() else ""
    table = f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"
    return f'<figure class="table">{table}{note}</figure>'


def _text(value: Any) -> str:
    return escape(str(value))
