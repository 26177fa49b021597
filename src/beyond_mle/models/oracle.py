"""p itself, or what follows from it in closed form: a listed distribution over the outputs of each test source.

It is judged through the same door as trained models, so that their figures have something to be held against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from beyond_mle.errors import UserError
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import unpad
from beyond_mle.text.vocabulary import distinct
from beyond_mle.types import LogProb, Spec, TextBatch, TextSpec


@MODELS.register("oracle")
class Oracle(nn.Module):
    """q(y|x) as a table, p(y|x) until a solver changes it."""

    Options = BaseOptions
    accepts: ClassVar[type[Spec]] = TextSpec
    boundary = 1
    """EOS counts as a token of an output, as for autoregressive models."""
    q_N: Tensor

    def __init__(self, options: BaseOptions, spec: TextSpec):
        super().__init__()
        self.vocabulary_size = spec.vocabulary_size
        self.register_buffer("q_N", torch.zeros(0, dtype=torch.float64))

    def use(self, data: Any) -> None:
        """List the outputs of the test sources.

        Args:
            data: with `KnownOutputs`.
        """
        truth = data.truth()
        test = data.pairs("test")
        listed = [distinct(data.encode(row["outputs"]), np.exp(row["log_p"]).tolist()) for row in truth]
        self._outputs = [outputs for outputs, _ in listed]
        self._index = {tuple(test.source(i)): i for i in range(len(truth))}
        self._ends = np.cumsum([0, *map(len, self._outputs)])
        p = [np.array(own) for _, own in listed]
        self.q_N = torch.from_numpy(np.concatenate([own / own.sum() for own in p]))

    @property
    def sources(self) -> list[tuple[int, ...]]:
        """The sources whose outputs are listed, with their EOS."""
        return list(self._index)

    @property
    def device(self) -> torch.device:
        """Where the table is."""
        return self.q_N.device

    @property
    def longest_output(self) -> int:
        """Tokens of the longest output."""
        return max(len(output) for outputs in self._outputs for output in outputs)

    def distribution(self, source: Sequence[int]) -> tuple[list[list[int]], np.ndarray]:
        """The outputs of a source, the likeliest under p first, and q of each.

        Raises:
            UserError: if it is not a test source.
        """
        index = self._index.get(tuple(source))
        if index is None:
            raise UserError("the oracle knows the outputs of test sources only: measure it on the test split")
        return self._outputs[index], self.q_N[self._ends[index] : self._ends[index + 1]].cpu().numpy()

    def set_distribution(self, source: Sequence[int], q_N: np.ndarray) -> None:
        """Replace q of a source."""
        index = self._index[tuple(source)]
        self.q_N[self._ends[index] : self._ends[index + 1]] = torch.from_numpy(q_N)

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q(y|x) of each pair; −inf of an output that is not listed."""
        targets = unpad(batch.target_BT)
        values: list[float] = []
        known: dict[tuple[int, ...], dict[tuple[int, ...], float]] = {}
        for source, target in zip(unpad(batch.source_BS), targets, strict=True):
            if tuple(source) not in known:
                outputs, q_N = self.distribution(source)
                known[tuple(source)] = dict(zip(map(tuple, outputs), q_N.tolist(), strict=True))
            values.append(known[tuple(source)].get(tuple(target), 0.0))
        total_B = torch.tensor(values, dtype=torch.float64).log()
        return LogProb(total_B, torch.tensor([len(target) for target in targets]), boundary=self.boundary)

    def start(self, source_BS: Tensor, max_length: int) -> "OracleState":
        """All outputs of each source are still open."""
        rows = []
        for source in unpad(source_BS):
            outputs, q_N = self.distribution(source)
            longest = max(map(len, outputs)) + 1
            padded_NT = np.array([[*output, EOS] + [PAD] * (longest - 1 - len(output)) for output in outputs])
            rows.append((padded_NT, q_N))
        return OracleState(rows)

    def step(self, token_R: Tensor, state: "OracleState") -> Tensor:
        """Feed one token per row, return log q(next token) [R, V]."""
        mass_RV = np.zeros((len(state.rows), self.vocabulary_size))
        for r, (token, (padded_NT, q_N)) in enumerate(zip(token_R.tolist(), state.rows, strict=True)):
            if token != BOS:
                last_N1 = padded_NT[:, state.position - 1 : state.position]  # empty behind the end of every output
                open_N = (last_N1 == token).any(axis=1)
                padded_NT, q_N = padded_NT[open_N], q_N[open_N]
                state.rows[r] = padded_NT, q_N
            if state.position < padded_NT.shape[1]:
                mass_RV[r] = np.bincount(padded_NT[:, state.position], q_N, self.vocabulary_size)
        state.position += 1
        mass_RV[:, PAD] = 0.0
        total_R1 = mass_RV.sum(axis=1, keepdims=True)
        share_RV = np.divide(mass_RV, total_R1, out=np.zeros_like(mass_RV), where=total_R1 > 0)
        return torch.from_numpy(share_RV).log()


@dataclass
class OracleState:
    """Of each hypothesis the outputs that begin as it does: their tokens and q."""

    rows: list[tuple[np.ndarray, np.ndarray]]
    position: int = 0
    """How many tokens have been fed."""

    def select(self, rows_R: Tensor) -> None:
        """Keep (or repeat) these rows, in this order."""
        self.rows = [self.rows[r] for r in rows_R.tolist()]

    reorder = select
