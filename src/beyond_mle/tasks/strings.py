"""Finite languages: strings over a few symbols with an explicit p, small enough to enumerate."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from beyond_mle.errors import UserError
from beyond_mle.files import write_jsonl
from beyond_mle.options import Options
from beyond_mle.registry import TASKS
from beyond_mle.tasks.prepared import Counts
from beyond_mle.types import Density, FiniteSpec, Spec, Strings

String = tuple[int, ...]


class StringsOptions(Options):
    """Which strings there are, and how p is drawn."""

    p: Literal["random", "markov", "dirichlet"] = "random"
    """`random`: softmax of normals over all strings; `markov`: each symbol depends on the one before;
    `dirichlet`: one Dirichlet draw over all strings."""
    symbols: list[int] = Field(default=[3, 3, 3, 3], min_length=1)
    """How many symbols there are to choose from at each position; their number is the greatest length."""
    shortest: int | None = Field(default=None, ge=1)
    """The least length, where lengths are mixed; by default all strings have the greatest one."""
    spread: float = Field(default=1.5, gt=0)
    """`random`: the standard deviation of the normals, in nats."""
    concentration: float = Field(default=0.6, gt=0)
    """`markov`, `dirichlet`: the concentration of the Dirichlet draws; the less, the more uneven p is."""
    seed: int = Field(default=0, ge=0)
    """Of the draw."""


@dataclass(frozen=True)
class LanguageData:
    """All strings of the language, with p."""

    p: "FiniteLanguage"

    @property
    def spec(self) -> FiniteSpec:
        """The strings."""
        return FiniteSpec(tuple(self.p.support))

    def whole(self) -> Strings:
        """Every string, with its probability."""
        log_p_N = torch.from_numpy(self.p.p_N).log()
        return Strings(torch.arange(len(log_p_N)), Density(log_p_N, torch.zeros_like(log_p_N)))


@TASKS.register("strings")
class FiniteLanguage:
    """A language so small that its strings can all be listed, each with its known probability p."""

    # They are listed by length, then in lexicographic order.

    Options = StringsOptions
    spec: ClassVar[type[Spec]] = FiniteSpec
    Data = LanguageData

    def __init__(self, options: StringsOptions):
        """Draw p.

        Raises:
            UserError: if the least length exceeds the greatest.
        """
        longest = len(options.symbols)
        shortest = options.shortest or longest
        if shortest > longest:
            raise UserError(f"strings: shortest = {shortest} exceeds the greatest length, {longest} (see `symbols`)")
        lengths = range(shortest, longest + 1)
        self.options = options
        self.support: list[String] = [
            string for length in lengths for string in itertools.product(*map(range, options.symbols[:length]))
        ]
        self.length_N = np.array([len(string) for string in self.support])
        self.log_p_N = self._draw(np.random.RandomState(options.seed))
        self._index = {string: index for index, string in enumerate(self.support)}

    def source_files(self) -> list[str]:
        """No files: the language is drawn."""
        return []

    def prepare(self, paths: Mapping[str, Path], folder: Path) -> Counts:
        """Write the strings and their probabilities, for people to look at; data are made from the options."""
        rows = zip(self.support, self.p_N.tolist(), strict=True)
        write_jsonl(folder / "strings.jsonl", ({"string": list(string), "p": p} for string, p in rows))
        return {"all": {"read": len(self.support), "kept": len(self.support), "dropped": {}}}

    def open(self, folder: Path) -> LanguageData:
        """The language as data."""
        return LanguageData(self)

    @property
    def p_N(self) -> np.ndarray:
        """p of each string of the support."""
        return np.exp(self.log_p_N)

    @property
    def table(self) -> np.ndarray:
        """p as an array with an axis per position; for languages of one length.

        Raises:
            UserError: if lengths are mixed.
        """
        if len(np.unique(self.length_N)) > 1:
            raise UserError("strings: a language of mixed lengths has no table; leave out `shortest`")
        return self.p_N.reshape(self.options.symbols)

    @property
    def mode(self) -> String:
        """The likeliest string."""
        return self.support[int(np.argmax(self.log_p_N))]

    @property
    def entropy(self) -> float:
        """H(p) in nats."""
        return float(-(self.p_N * self.log_p_N).sum())

    def log_prob(self, string: String) -> float:
        """log p in nats; −inf off the support."""
        index = self._index.get(tuple(string))
        return float(self.log_p_N[index]) if index is not None else -np.inf

    def sample(self, n: int, rng: np.random.Generator) -> list[String]:
        """Draw n strings."""
        return [self.support[index] for index in rng.choice(len(self.support), size=n, p=self.p_N)]

    def _draw(self, random: np.random.RandomState) -> np.ndarray:
        """log p of each string; the legacy generator is that of the published length-2 example."""
        o = self.options
        if o.p == "random":
            return _normalised(o.spread * random.standard_normal(len(self.support)))
        if o.p == "dirichlet":
            return np.log(random.dirichlet([o.concentration] * len(self.support)))
        rows = [1, *o.symbols[:-1]]
        steps = [random.dirichlet([o.concentration] * n, size=row) for row, n in zip(rows, o.symbols, strict=True)]
        log_p_N = [
            sum(np.log(step[before, symbol]) for step, before, symbol in zip(steps, (0, *string), string, strict=False))
            for string in self.support
        ]
        return _normalised(np.array(log_p_N))  # each length's strings sum to 1, so every length is equally likely


def _normalised(log_p_N: np.ndarray) -> np.ndarray:
    """Log-probabilities of the same ratios that sum to 1."""
    return log_p_N - np.logaddexp.reduce(log_p_N)
