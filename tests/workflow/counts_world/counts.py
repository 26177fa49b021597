"""A world of its own: counts 0, 1, 2, … on a line, drawn from a Poisson p, and a geometric q that cannot match it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.capabilities import Explicit, Need, Whole
from beyond_mle.card import Card
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS, OBJECTIVES, TASKS, YARDSTICKS
from beyond_mle.types import Density, LogProb, Loss, Spec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@dataclass(frozen=True)
class CountSpec(Spec):
    """Counts on a line."""

    mean: float
    """E[n] under p."""


@dataclass(frozen=True)
class Counts:
    """Some counts."""

    count_B: Tensor
    density: Density | None = None

    def __len__(self) -> int:
        return len(self.count_B)

    def to(self, device: torch.device | str) -> "Counts":
        """The same on another device."""
        density = self.density.to(device) if self.density is not None else None
        return replace(self, count_B=self.count_B.to(device), density=density)


@dataclass(frozen=True)
class PoissonData:
    """Draws of p, and p itself."""

    rate: float
    train_N: np.ndarray

    @property
    def spec(self) -> CountSpec:
        """What a model is told."""
        return CountSpec(self.rate)

    def whole(self) -> Counts:
        """Every count that is likelier than about e^−70."""
        count_N = torch.arange(math.ceil(self.rate + 15 * math.sqrt(self.rate) + 30), dtype=torch.float64)
        log_p_N = torch.distributions.Poisson(torch.tensor(self.rate, dtype=torch.float64)).log_prob(count_N)
        return Counts(count_N, Density(log_p_N, torch.zeros_like(log_p_N)))

    def epoch(self, number: int, seed: int, budget: int) -> list[np.ndarray]:
        """Batches of at most `budget` draws, as row numbers."""
        order_N = np.random.default_rng([seed, number]).permutation(len(self.train_N))
        return [order_N[first : first + budget] for first in range(0, len(order_N), budget)]

    def batch(self, key: np.ndarray) -> Counts:
        """The draws with these row numbers."""
        return Counts(self._train[key])

    @cached_property
    def _train(self) -> Tensor:
        return torch.from_numpy(self.train_N).double()


@TASKS.register("poisson-counts")
class PoissonCounts:
    """Draws of a Poisson distribution."""

    spec: ClassVar[type[Spec]] = CountSpec
    Data = PoissonData

    class Options(BaseOptions):
        """Which one, and how many draws."""

        rate: float = Field(default=2.0, gt=0)
        """λ, the mean and the variance."""
        train: int = Field(default=1000, gt=0)
        """Draws to train on."""
        seed: int = Field(default=0, ge=0)
        """Of the draws."""

    def __init__(self, options: Options):
        self.options = options

    def source_files(self) -> list[str]:
        """No files."""
        return []

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
        """Draw."""
        o = self.options
        np.save(folder / "train.npy", np.random.default_rng(o.seed).poisson(o.rate, o.train))
        return {"train": {"read": o.train, "kept": o.train, "dropped": {}}}

    def open(self, folder: Path) -> PoissonData:
        """The draws."""
        return PoissonData(self.options.rate, np.load(folder / "train.npy"))


@MODELS.register("geometric-counts")
class GeometricCounts(nn.Module):
    """q(n) = (1 − s) sⁿ, with the logit of s for a parameter."""

    accepts: ClassVar[type[Spec]] = CountSpec

    class Options(BaseOptions):
        """Where it starts."""

        mean: float | None = Field(default=None, gt=0)
        """E[n] at the start; by default ten times that of p."""

    def __init__(self, options: Options, spec: CountSpec):
        super().__init__()
        mean = options.mean or 10 * spec.mean
        self.logit = nn.Parameter(torch.tensor(math.log(mean), dtype=torch.float64))  # s / (1 − s) is the mean

    def log_prob(self, batch: Counts) -> LogProb:
        """log q of each count; there is no sequence, so T = 1."""
        log_s, log_rest = nn.functional.logsigmoid(self.logit), nn.functional.logsigmoid(-self.logit)
        total_B = batch.count_B * log_s + log_rest
        return LogProb(total_B, torch.ones_like(total_B))


@OBJECTIVES.register("squared-hellinger")
class SquaredHellinger:
    """1 − Σ √(p q), on the whole support."""

    card = Card(minimises="1 − Σ √(p q)", proper=True, optimum="P", leans="between")
    Options = BaseOptions
    needs: ClassVar[tuple[Need, ...]] = (Explicit, Whole)

    def __init__(self, options: BaseOptions, spec: Spec):
        self.options = options

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The distance itself."""
        half_B = (batch.density.log_p_B + model.log_prob(batch).total_B) / 2
        total = 1 - (half_B + batch.density.log_weight_B).exp().sum()
        return {"model": Loss(total, torch.ones_like(total), {"loss": total.detach()})}


@YARDSTICKS.register("count-distance")
class CountDistance(Yardstick):
    """How far q is from p, and the mean of q from that of p.

    `count-variation`: ½ Σ |p − q|. `count-mean-error`: the absolute difference of the means.
    """

    accepts = CountSpec
    needs = (Whole, Explicit)
    metrics = (Metric("count-variation", "", "lower"), Metric("count-mean-error", "counts", "lower", 2))

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """On the whole support; q has a little beyond it, which counts as wrong, but not for the mean."""
        batch = subject.data.whole()
        p_N, q_N = batch.density.weight_B, subject.model.log_prob(batch).total_B.exp()
        yield Score("count-variation", float((p_N - q_N).abs().sum() + 1 - q_N.sum()) / 2)
        yield Score("count-mean-error", float(((p_N - q_N) * batch.count_B).sum().abs()))
