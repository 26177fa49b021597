"""How figures and tables name the rows of a table: with those hyper-parameters that tell them apart."""

from collections.abc import Mapping, Sequence

import pandas as pd

from beyond_mle.report.style import ALWAYS_TOLD, ORACLE, named

LABELS = ["task_label", "label", "system_label", "decoder_label"]
"""The columns of `labelled`: of the task; of the objective with what else was varied in training; the same with the
model; of the decoder."""
_NAMES = ["task", "model", "objective", "decoder", "metric"]
_ABOUT = ["seed", "control", "exact", "certainty", "system", "items"]
_NUMBERS = ["value", "mean", "sd", "n_seeds", "paper"]


def hyper_parameters(rows: pd.DataFrame) -> list[str]:
    """The columns that tell variants of the same names apart, such as `order`: all but those that any table has."""
    return [name for name in rows if name not in (*_NAMES, *_ABOUT, *_NUMBERS, *LABELS)]


def labelled(rows: pd.DataFrame, sections: Mapping[str, str]) -> pd.DataFrame:
    """The rows with the columns `LABELS`.

    The order and a few other hyper-parameters are always told; others where rows of the same names differ in them. What
    follows from p is named after what it is: p itself, or the optimum of an objective.

    Args:
        rows: of the long table, or means of them.
        sections: of `results.sections`; what it does not name belongs to the training.
    """
    varied = hyper_parameters(rows)
    of_task, of_decoder = ([name for name in varied if sections.get(name) == one] for one in ("task", "decoder"))
    others = [name for name in varied if name not in (*of_task, *of_decoder)]
    label = _labels(rows, "objective", others, ["task", *of_task, "model"])
    reference = ("optimum of " + label.astype(str)).where(rows.objective != "mle", "p")
    label = label.where(rows.model != ORACLE, reference)
    return rows.assign(
        task_label=_labels(rows, "task", of_task, []),
        label=label,
        system_label=rows.model.astype(str) + ", " + label.astype(str),
        decoder_label=_labels(rows, "decoder", of_decoder, []),
    )


def _labels(rows: pd.DataFrame, name: str, columns: Sequence[str], within: Sequence[str]) -> pd.Series:
    """The names in a column, each with those of the further columns that are to be told."""
    labels = rows[name].astype(object).reset_index(drop=True)
    for _, own in rows.reset_index(drop=True).groupby([*within, name], sort=False, dropna=False):
        told = [column for column in columns if column in ALWAYS_TOLD or own[column].nunique(dropna=False) > 1]
        labels[own.index] = [named(own[name].iloc[0], values) for values in own[told].to_dict("records")]
    return labels.set_axis(rows.index)
