"""The data of an embedded task: text, and the p(y|x) behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from beyond_mle.files import read_jsonl
from beyond_mle.text.data import TextData
from beyond_mle.text.padding import pad
from beyond_mle.text.vocabulary import distinct
from beyond_mle.types import Support


@dataclass(frozen=True)
class EmbeddedData(TextData):
    """Text whose p(y|x) can be listed."""

    distributions: Callable[[str], Callable[[str], dict[str, float]]]
    """From a split to a function from the text of one of its sources to p(·|x)."""

    def truth(self) -> list[dict[str, Any]]:
        """p(y|x) of each test source, the likeliest output first: `{"outputs": [str, …], "log_p": [float, …]}`."""
        return read_jsonl(self.folder / "truth.jsonl")

    def support(self, key: np.ndarray) -> Support:
        """All of p(·|x) for the sources of a training batch."""
        found = [self._support_of(int(row)) for row in key]
        outputs = [output for outputs, _ in found for output in outputs]
        row_R = [i for i, (outputs, _) in enumerate(found) for _ in outputs]
        p_R = torch.tensor([p for _, row_p in found for p in row_p])
        return Support(pad(outputs), torch.tensor(row_R), p_R.log())

    def _support_of(self, row: int) -> tuple[list[list[int]], list[float]]:
        if row not in self._known:  # an epoch later the same sources come again
            (source,) = self.decode([self._train.source(row)[:-1]])  # without EOS
            p = self._distribution(source)
            self._known[row] = distinct(self.encode(list(p)), list(p.values()))
        return self._known[row]

    @cached_property
    def _known(self) -> dict[int, tuple[list[list[int]], list[float]]]:
        return {}

    @cached_property
    def _distribution(self) -> Callable[[str], dict[str, float]]:
        return self.distributions("train")
