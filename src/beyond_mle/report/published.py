"""The numbers that the papers print (config/published.yaml)."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from beyond_mle.errors import UserError
from beyond_mle.files import read_yaml

NUMBER = ["task", "model", "objective", "decoder", "metric"]
"""What names a printed number; hyper-parameters of its objective stand in columns of their own."""
_OPTIONS = "options"
"""Where a decoder would stand: the hyper-parameters of the objective."""


def load_published(path: Path) -> pd.DataFrame:
    """Read the nested mapping data set → model → objective → decoder → metric → number.

    Beside its decoders an objective may have `options`, such as `{order: 3}`.

    Returns:
        The columns `NUMBER` (task: the data set), value, and one for each of those hyper-parameters, missing where
        none is given.

    Raises:
        UserError: if the file is missing, does not parse, or a number stands at another depth.
    """
    options: dict[tuple[str, ...], dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for key, value in _leaves(read_yaml(path), ()):
        if len(key) != len(NUMBER) or not isinstance(value, int | float):
            raise UserError(f"{path}: '{'.'.join(key)}' must be data set.model.objective.decoder.metric: number")
        *system, decoder, name = key
        if decoder == _OPTIONS:
            options.setdefault(tuple(system), {})[name] = value
        else:
            rows.append({**dict(zip(NUMBER, key, strict=True)), "value": float(value)})
    return pd.DataFrame([{**row, **options.get(tuple(row[name] for name in NUMBER[:3]), {})} for row in rows])


def as_scores(published: pd.DataFrame, data: Collection[str]) -> pd.DataFrame:
    """The numbers printed for these data sets as rows of a long table, each `paper_task` a task."""
    table = published[published.task.isin(data)].copy()
    table["task"] = table["task"].map(paper_task)
    return table.assign(seed=0)


def paper_task(data: str) -> str:
    """The name under which a data set of the paper stands beside our tasks."""
    return f"{data} (paper)"


def _leaves(values: object, key: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
    if not isinstance(values, Mapping):
        return [(key, values)]
    return [leaf for name, value in values.items() for leaf in _leaves(value, (*key, str(name)))]
