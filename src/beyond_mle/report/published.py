"""The numbers that the papers print (config/published.yaml)."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from beyond_mle.errors import UserError
from beyond_mle.files import read_yaml

Published = Mapping[tuple[str, str, str, str, str], float]
"""(data set, model, objective, decoder, metric) → the printed number."""


def load_published(path: Path) -> Published:
    """Read the nested mapping data set → model → objective → decoder → metric → number.

    Raises:
        UserError: if the file is missing, does not parse, or a number stands at another depth.
    """
    published = dict(_leaves(read_yaml(path), ()))
    for key, value in published.items():
        if len(key) != 5 or not isinstance(value, int | float):
            raise UserError(f"{path}: '{'.'.join(key)}' must be data set.model.objective.decoder.metric: number")
    return published


def as_scores(published: Published, data: Collection[str]) -> pd.DataFrame:
    """The numbers printed for these data sets as rows of a long table, each `paper_task` a task."""
    table = pd.DataFrame(published.keys(), columns=["task", "model", "objective", "decoder", "metric"])
    table["value"] = list(published.values())
    table = table[table.task.isin(data)].copy()
    table["task"] = table["task"].map(paper_task)
    return table.assign(seed=0)


def paper_task(data: str) -> str:
    """The name under which a data set of the paper stands beside our tasks."""
    return f"{data} (paper)"


def _leaves(values: object, key: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
    if not isinstance(values, Mapping):
        return [(key, values)]
    return [leaf for name, value in values.items() for leaf in _leaves(value, (*key, str(name)))]
