"""Regression on a real table: a data set that ships with scikit-learn, or the user's own file."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from beyond_mle.errors import UserError, nearest
from beyond_mle.files import atomic, read_lines
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import TASKS
from beyond_mle.tasks.prepared import Counts
from beyond_mle.tasks.regression_data import RegressionData, items
from beyond_mle.types import RegressionSpec, Spec

DIABETES = "scikit-learn's diabetes"
"""What errors call the table that ships with scikit-learn."""
_FILE = "items.npz"


@TASKS.register("regression-table")
class RegressionTable:
    """A column of a table given others. Inputs and target are standardised: nats are of the standardised target."""

    spec: ClassVar[type[Spec]] = RegressionSpec
    Data = RegressionData

    class Options(BaseOptions):
        """Which table, and which of its columns and rows."""

        csv: str | None = None
        """A file whose first line names the columns, .gz or not; null: the data set `diabetes` of scikit-learn."""
        target: str | None = None
        """The column that is predicted; null: the last one."""
        inputs: list[str] | None = Field(default=None, min_length=1)
        """The columns that it is predicted from; null: all others."""
        dev_size: int = Field(default=40, gt=0)
        """Rows held out for validation."""
        test_size: int = Field(default=100, gt=0)
        """Rows held out for tests."""
        seed: int = Field(default=1, ge=0)
        """Which rows are held out."""

    def __init__(self, options: Options):
        self.options = options

    def source_files(self) -> list[str]:
        """The file, if the table is the user's own."""
        return [] if self.options.csv is None else [self.options.csv]

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Read, split, and standardise by the training rows.

        Raises:
            UserError: if the file is faulty (naming the line), a column is missing, the target is constant, or there
                are too few rows.
        """
        o = self.options
        place = DIABETES if o.csv is None else str(paths[o.csv])
        names, cell_NC = _diabetes() if o.csv is None else _read(paths[o.csv])
        rows = self._rows(len(cell_NC), place)
        target, inputs = self._columns(names, place)
        train_NC = cell_NC[rows["train"]]
        mean_C, sd_C = train_NC.mean(axis=0), train_NC.std(axis=0)
        if sd_C[target] == 0:
            raise UserError(f"{place}: the target '{names[target]}' is the same in all training rows; name another")
        scaled_NC = (cell_NC - mean_C) / np.where(sd_C == 0, 1, sd_C)
        with atomic(folder / _FILE) as temporary, temporary.open("wb") as out:
            np.savez(out, **{split: scaled_NC[own][:, [*inputs, target]] for split, own in rows.items()})
        return {split: {"read": len(own), "kept": len(own), "dropped": {}} for split, own in rows.items()}

    def open(self, folder: Path) -> RegressionData:
        """The items; the interval of targets reaches half their range beyond them."""
        with np.load(folder / _FILE) as arrays:
            splits = {split: items(array_NC[:, :-1], array_NC[:, -1]) for split, array_NC in arrays.items()}
        low = min(float(split.target_B.min()) for split in splits.values())
        high = max(float(split.target_B.max()) for split in splits.values())
        margin = (high - low) / 2
        return RegressionData(splits, RegressionSpec(splits["train"].input_BX.shape[1], low - margin, high + margin))

    def _columns(self, names: list[str], place: str) -> tuple[int, list[int]]:
        """The places of the target and of the inputs."""
        target = self.options.target or names[-1]
        inputs = self.options.inputs or [name for name in names if name != target]
        for name in (target, *inputs):
            if name not in names:
                raise UserError(f"{place}: there is no column '{name}': {nearest(name, names)}")
        if target in inputs or not inputs:
            raise UserError(f"{place}: the target '{target}' is to be predicted from other columns: add `inputs`")
        return names.index(target), [names.index(name) for name in inputs]

    def _rows(self, count: int, place: str) -> dict[str, np.ndarray]:
        """The rows of each split, drawn."""
        held = (self.options.test_size, self.options.dev_size)
        if count < sum(held) + 2:
            sizes = f"test_size = {held[0]} and dev_size = {held[1]}"
            raise UserError(f"{place}: {count} rows are too few to hold out {sizes} and train on others; lower these")
        order_N = np.random.default_rng(self.options.seed).permutation(count)
        test_N, dev_N, train_N = np.split(order_N, np.cumsum(held))
        return {"train": train_N, "dev": dev_N, "test": test_N}


def _diabetes() -> tuple[list[str], np.ndarray]:
    """442 patients: how far the disease went within a year, and ten measurements before."""
    from sklearn.datasets import load_diabetes  # here, because no other stage needs it

    table = load_diabetes(scaled=False)
    return [*table.feature_names, "progression"], np.column_stack([table.data, table.target])


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """The names of the columns, and the cells [N, C]."""
    header, *lines = list(csv.reader(read_lines(path))) or [[]]
    if len(set(header)) != len(header) or len(header) < 2:
        raise UserError(f"{path}, line 1: it must name two columns or more, each once, with commas between")
    rows = [_numbers(path, number, header, line) for number, line in enumerate(lines, start=2)]
    return header, np.array(rows).reshape(len(rows), len(header))


def _numbers(path: Path, number: int, header: list[str], line: list[str]) -> list[float]:
    if len(line) != len(header):
        raise UserError(f"{path}, line {number}: {len(line)} cell(s), but the first line names {len(header)} columns")
    values = []
    for name, cell in zip(header, line, strict=True):
        try:
            values.append(float(cell))
        except ValueError:
            values.append(math.nan)
        if not math.isfinite(values[-1]):
            raise UserError(f"{path}, line {number}: '{cell}' in column '{name}' is no finite number; mend the line")
    return values
