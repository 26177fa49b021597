"""A discrete flow over the strings of a finite language: independent symbols, shifted by what precedes them.

x_t = z_t + s(x_<t), modulo the number of symbols that can stand at t (Tran et al. 2019, with one autoregressive layer).
It maps strings one to one, so that log q(x) = Σ_t log π_t(z_t), with no determinant. A shift is a whole number: no
gradient leads to it. Tran et al. pass one straight through; here EM finds the shifts, since the hidden z is known of
each x. In names of tensors P counts prefixes, V symbols, S shifts.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from beyond_mle.errors import UserError
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import FiniteSpec, LogProb, Spec, Strings

END = -1
"""Stands behind a string, where longer ones go on; it is shifted like a symbol."""


@MODELS.register("string-flow")
class StringFlow(nn.Module):
    """A shift of its own for each prefix, and a free distribution π_t of the symbols before they are shifted.

    Gradients reach π alone: with solvers other than EM the shifts stay 0, and symbols independent.
    """

    Options = BaseOptions
    accepts: ClassVar[type[Spec]] = FiniteSpec
    shift_P: Tensor
    prefix_NT: Tensor
    symbol_NT: Tensor
    real_NT: Tensor
    position_P: Tensor
    size_T: Tensor
    length_N: Tensor

    def __init__(self, options: BaseOptions, spec: FiniteSpec):
        """Index the prefixes.

        Raises:
            UserError: if what can follow a prefix depends on more than its length.
        """
        super().__init__()
        choices = _choices(spec)
        distinct = dict.fromkeys(string[:t] for string in spec.support for t in range(len(string) + 1))
        prefixes = {prefix: row for row, prefix in enumerate(distinct)}
        codes = [{symbol: code for code, symbol in enumerate(symbols)} for symbols in choices]
        steps = torch.zeros(3, len(spec.support), len(choices), dtype=torch.long)
        for n, string in enumerate(spec.support):
            for t, symbol in enumerate((*string, END)):
                steps[:, n, t] = torch.tensor([prefixes[string[:t]], codes[t][symbol], 1])
        self.register_buffer("prefix_NT", steps[0], persistent=False)
        self.register_buffer("symbol_NT", steps[1], persistent=False)
        self.register_buffer("real_NT", steps[2].bool(), persistent=False)
        self.register_buffer("position_P", torch.tensor([len(prefix) for prefix in prefixes]), persistent=False)
        self.register_buffer("size_T", torch.tensor([len(symbols) for symbols in choices]), persistent=False)
        self.register_buffer("length_N", torch.tensor([len(string) for string in spec.support]), persistent=False)
        self.register_buffer("shift_P", torch.zeros(len(prefixes), dtype=torch.long))
        self.logit_TV = nn.Parameter(torch.zeros(len(choices), int(self.size_T.max()), dtype=torch.float64))

    @property
    def log_base_TV(self) -> Tensor:
        """log π_t of each symbol; −∞ for those that cannot stand at t."""
        beyond_TV = torch.arange(self.logit_TV.shape[1], device=self.size_T.device) >= self.size_T[:, None]
        return self.logit_TV.masked_fill(beyond_TV, -torch.inf).log_softmax(1)

    def unshifted(self, index_B: Tensor) -> Tensor:
        """z of each string, [B, T]."""
        return (self.symbol_NT[index_B] - self.shift_P[self.prefix_NT[index_B]]) % self.size_T

    def log_prob(self, batch: Strings) -> LogProb:
        """log q of each string; T is the number of its symbols, the end not counted."""
        log_base_BTV = self.log_base_TV.expand(len(batch), -1, -1)
        log_q_BT = log_base_BTV.gather(2, self.unshifted(batch.index_B)[:, :, None])[:, :, 0]
        return LogProb(log_q_BT.where(self.real_NT[batch.index_B], 0).sum(1), self.length_N[batch.index_B])

    @torch.no_grad()
    def restart(self, batch: Strings) -> None:
        """Random shifts and π."""
        self.shift_P.copy_(torch.randint_like(self.shift_P, 1 << 30) % self.size_T[self.position_P])
        self.logit_TV.normal_()

    @torch.no_grad()
    def e_step(self, batch: Strings) -> "Inverted":
        """Nothing to find: z is known of each x."""
        index_B = batch.index_B
        place_BT = self.prefix_NT[index_B] * self.logit_TV.shape[1] + self.symbol_NT[index_B]
        size = len(self.shift_P) * self.logit_TV.shape[1]
        return Inverted(self.log_prob(batch), place_BT, self.real_NT[index_B], size)

    @torch.no_grad()
    def m_step(self, statistics: dict[str, Tensor]) -> None:
        """The best shifts for π, then the best π for the shifts, until no shift changes; the likelihood never falls."""
        count_PV = statistics["count_N"].view(len(self.shift_P), -1)
        base_TV = self.log_base_TV.exp()
        while True:
            before_P = self.shift_P.clone()
            for t, size in enumerate(self.size_T.tolist()):
                rows_P = self.position_P == t
                count_QV = count_PV[rows_P, :size]
                moved_SV = (torch.arange(size)[None] - torch.arange(size)[:, None]).to(count_PV.device) % size
                score_QS = torch.xlogy(count_QV[:, None], base_TV[t, moved_SV]).sum(2)
                best_Q, kept_Q = score_QS.max(1), self.shift_P[rows_P]
                better_Q = best_Q.values > score_QS.gather(1, kept_Q[:, None])[:, 0]
                self.shift_P[rows_P] = best_Q.indices.where(better_Q, kept_Q)
                base_V = count_QV.gather(1, (torch.arange(size) + self.shift_P[rows_P][:, None]) % size).sum(0)
                base_TV[t, :size] = base_V / base_V.sum()
            if torch.equal(before_P, self.shift_P):
                break
        self.logit_TV.copy_(base_TV.clamp(min=torch.finfo(base_TV.dtype).tiny).log())


@dataclass(frozen=True)
class Inverted:
    """What is known of the z of a batch: all."""

    log_prob: LogProb
    place_BT: Tensor
    """Prefix and symbol of each place, as one number."""
    real_BT: Tensor
    size: int

    def statistics(self, weight_B: Tensor) -> dict[str, Tensor]:
        """How often each symbol follows each prefix, over the strings with these weights."""
        weight_BT = (weight_B[:, None] * self.real_BT).double()
        return {"count_N": torch.bincount(self.place_BT.flatten(), weight_BT.flatten(), minlength=self.size)}


def _choices(spec: FiniteSpec) -> list[list[int]]:
    """The symbols that can stand at each place, `END` among them; what ends before has no more places.

    Raises:
        UserError: if they depend on more than the place: a shift would leave the language.
    """
    following: dict[tuple[int, ...], set[int]] = {}
    for string in spec.support:
        for t, symbol in enumerate((*string, END)):
            following.setdefault(string[:t], set()).add(symbol)
    by_place = {len(prefix): found for prefix, found in following.items()}
    if any(found != by_place[len(prefix)] for prefix, found in following.items()):
        raise UserError("string-flow: at each place of a string the same symbols must be possible, whatever precedes")
    return [sorted(by_place[t]) for t in range(len(by_place))]
