"""A random sample of mixtures in the plane, to be fitted one by one: what holds of most mixtures, not of chosen ones.

Letters: M mixtures, B grid points of all of them together, 2 coordinates.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import TASKS
from beyond_mle.tasks.plane import Plane, PlaneData
from beyond_mle.tasks.prepared import Counts
from beyond_mle.types import CasesSpec, Density, Points, Spec


@dataclass(frozen=True)
class MixturesData:
    """The mixtures; together they are one density p(x, c) = p_c(x) / M of a point and the number c of its mixture."""

    cases: list[PlaneData]

    @property
    def spec(self) -> CasesSpec:
        """Points in the plane, given a mixture."""
        return CasesSpec(dimensions=2, cases=len(self.cases))

    def whole(self) -> Points:
        """The quadrature grids of all mixtures, one after another."""
        grids = [case.whole() for case in self.cases]
        sizes = torch.tensor([len(grid) for grid in grids])
        number_B = torch.arange(len(grids), dtype=torch.float64).repeat_interleave(sizes)
        point_B3 = torch.column_stack([number_B, torch.cat([grid.point_BD for grid in grids])])
        densities = [grid.density for grid in grids if grid.density is not None]
        log_p_B = torch.cat([density.log_p_B for density in densities]) - math.log(len(grids))
        return Points(point_B3, Density(log_p_B, torch.cat([density.log_weight_B for density in densities])))


@TASKS.register("plane-mixtures")
class PlaneMixtures:
    """Mixtures of ten Gaussians as the task `plane` draws them, from seeds that follow one another."""

    spec: ClassVar[type[Spec]] = CasesSpec
    Data = MixturesData

    class Options(BaseOptions):
        """Which mixtures, and how finely they are integrated."""

        mixtures: int = Field(default=200, gt=0)
        """How many."""
        seed: int = Field(default=1, ge=0)
        """Seed of the first mixture; each further one has the next."""
        grid_step: float = Field(default=0.4, gt=0)
        """As of `plane`. The narrowest component's sd is above 0.5, so that 0.4 is exact to ten digits."""
        grid_reach: float = Field(default=5.0, gt=0)
        """As of `plane`."""

    def __init__(self, options: Options):
        self.options = options

    def source_files(self) -> list[str]:
        """No files: the densities are known."""
        return []

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Nothing to write: everything follows from the options."""
        return {"test": {"read": self.options.mixtures, "kept": self.options.mixtures, "dropped": {}}}

    def open(self, folder: Path) -> MixturesData:
        """The mixtures as data."""
        o = self.options
        options = (
            Plane.Options(mixture_seed=o.seed + number, grid_step=o.grid_step, grid_reach=o.grid_reach)
            for number in range(o.mixtures)
        )
        return MixturesData([Plane(own).open(folder) for own in options])
