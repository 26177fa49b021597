"""Regression with a known density: what a model should say of a target y, given x, is known exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from torch import Tensor

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import TASKS
from beyond_mle.tasks.prepared import Counts
from beyond_mle.tasks.regression_data import RegressionData, items
from beyond_mle.tasks.regression_densities import ConditionalDensity, Forked, Heteroscedastic, Sample, Zones
from beyond_mle.types import RegressionSpec, Spec

DENSITIES: dict[str, ConditionalDensity] = {
    "forked": Forked(),
    "zones": Zones(),
    "heteroscedastic": Heteroscedastic(),
}


@dataclass(frozen=True)
class KnownRegressionData(RegressionData):
    """Items, and the density that they were drawn from."""

    p: ConditionalDensity

    def conditional_log_p(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log p(y|x) of M targets for each input, [B, M], in float64; −∞ where p is 0."""
        return self.p.log_p(input_BX.double(), target_BM.double())


@TASKS.register("regression")
class KnownRegression:
    """A number y given a number x, from a density p(y|x) that is known, and that no single Gaussian matches."""

    spec: ClassVar[type[Spec]] = RegressionSpec
    Data = KnownRegressionData

    class Options(BaseOptions):
        """Which density, and how much of the data is used."""

        density: Literal["forked", "zones", "heteroscedastic"] = "zones"
        """`forked` and `zones`: data sets 1 and 2 of Gustafsson et al. (2022); `heteroscedastic`: a Gaussian around a
        sine, from Gustafsson et al. (2020)."""
        seed: int = Field(default=41, ge=0)
        """Of the draw; 41 gives the published items of `zones`. The other sets were published without their seed."""
        train: int | None = Field(default=None, gt=0)
        """Only the first so many items to train on; null: all, 1710 of `zones` and 2000 of the others."""
        dev: int | None = Field(default=None, gt=0)
        """The same of those to validate on; null: 190 and 200."""
        test: int | None = Field(default=None, gt=0)
        """The same of the test items; null: 1900 and 2000."""

    def __init__(self, options: Options):
        self.options = options
        self.p = DENSITIES[options.density]

    def source_files(self) -> list[str]:
        """No files: the items are drawn."""
        return []

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Nothing to write: everything follows from the options."""
        counts = {split: len(x_N) for split, (x_N, _) in self._items().items()}
        return {split: {"read": count, "kept": count, "dropped": {}} for split, count in counts.items()}

    def open(self, folder: Path) -> KnownRegressionData:
        """The items, with their density."""
        splits = {split: items(x_N[:, None], y_N) for split, (x_N, y_N) in self._items().items()}
        return KnownRegressionData(splits, RegressionSpec(1, self.p.low, self.p.high), self.p)

    def _items(self) -> dict[str, Sample]:
        """Those of each split that are used."""
        drawn = self.p.draw(np.random.RandomState(self.options.seed))
        sizes = {split: getattr(self.options, split) for split in drawn}
        return {split: (x_N[: sizes[split]], y_N[: sizes[split]]) for split, (x_N, y_N) in drawn.items()}
