"""Beam search over an autoregressive model, all sentences of a batch side by side.

Axes besides those of types.py: B sentences still searched, W live hypotheses of a sentence, K finished ones,
C next tokens considered per hypothesis.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Stepwise
from beyond_mle.decoding.length_limit import LengthLimit, forbid_end
from beyond_mle.decoding.stepping import worth_compacting
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import unpad


@dataclass(frozen=True)
class Hypothesis:
    """A finished output and its score log q(y|x) / (T+1)^penalty."""

    tokens: list[int]
    score: float


@DECODERS.register("beam")
class Beam(TextDecoder):
    """Beam search; size 1 without a penalty is greedy decoding."""

    class Options(LengthLimit):
        """The width, the length penalty and the length limit."""

        size: int = Field(default=5, ge=1)
        """Live hypotheses per sentence, and finished ones that are kept."""
        length_penalty: float = Field(default=0.0, ge=0)
        """α of the score log q(y|x) / (T+1)^α, where T+1 counts EOS as in fairseq. 0 ranks by log q(y|x), as
        the official autoregressive script does; 1 by the mean."""

    options: Options
    needs = (Stepwise,)

    @torch.inference_mode()
    def decode(self, model: Stepwise, source_BS: Tensor, generator: torch.Generator | None = None) -> list[list[int]]:
        """The best output found for each source, without BOS and EOS; `generator` is not used."""
        limit_B = self.options.lengths(source_BS, model)
        o = self.options
        found = beam_search(model, source_BS, limit_B, o.size, o.length_penalty, o.min_length)
        return [hypotheses[0].tokens if hypotheses else [] for hypotheses in found]


@torch.inference_mode()
def beam_search(
    model: Stepwise, source_BS: Tensor, limit_B: Tensor, size: int, penalty: float, min_length: int = 0
) -> list[list[Hypothesis]]:
    """The best finished hypotheses of each source.

    At each step the `size` best continuations of a sentence are considered: those that end are finished, and
    the `size` best that do not end live on. A hypothesis at the length limit is ended there, with log q(EOS),
    so every score is that of a whole output. A sentence is decided when no live hypothesis can beat the worst
    of `size` finished ones: the best it can reach is its log-probability now over (limit+1)^penalty. fairseq
    stops at the first `size` finished ones instead, which with a penalty can miss a better one.

    Args:
        model: in evaluation mode.
        source_BS: sources with their final EOS, padded with PAD.
        limit_B: the most tokens each output may have.
        size: live hypotheses per sentence, and finished ones that are kept.
        penalty: exponent of the length in the score, ≥ 0.
        min_length: the fewest tokens an output may have.

    Returns:
        Up to `size` hypotheses per source, best first; fewer only where fewer have a positive probability.
    """
    found: list[list[Hypothesis]] = [[] for _ in source_BS]
    steps = int(limit_B.max()) + 1
    state = model.start(source_BS, steps)
    search = _Search.begin(limit_B, size, penalty)
    token_R = torch.full_like(limit_B, BOS)
    for step in range(steps):
        width = search.live_BW.shape[1]
        log_prob_RV = model.step(token_R, state)
        if step < min_length:
            forbid_end(log_prob_RV)
        row_BW = search.advance(log_prob_RV)
        open_B = search.open_B
        n_open = int(open_B.sum())
        if n_open == 0:
            break
        leaving = worth_compacting(n_open, len(open_B))
        if leaving:
            search.collect(found)
            search, row_BW = search.select(open_B), row_BW[open_B]
        if leaving or row_BW.shape[1] != width:
            state.select(row_BW.flatten())  # copies the encoded sources too, which `reorder` need not
        else:
            state.reorder(row_BW.flatten())
        token_R = search.token_BWT[:, :, -1].flatten()
    search.collect(found)
    return found


@dataclass
class _Search:
    """Where the search stands in each sentence of the batch."""

    size: int
    penalty: float
    source_B: Tensor
    """Which source each sentence is."""
    limit_B: Tensor
    open_B: Tensor
    """False: the sentence is decided, and waits for the others to leave the batch with it."""
    live_BW: Tensor
    """log q of the live hypotheses, best first; −inf where there is none."""
    token_BWT: Tensor
    """Their tokens."""
    done_BK: Tensor
    """Scores of the finished hypotheses, best first; −inf where there is none."""
    done_token_BKT: Tensor
    """Their tokens, padded with PAD."""

    @classmethod
    def begin(cls, limit_B: Tensor, size: int, penalty: float) -> "_Search":
        """One empty hypothesis per source, none finished."""
        n, device = len(limit_B), limit_B.device
        return cls(
            size=size,
            penalty=penalty,
            source_B=torch.arange(n, device=device),
            limit_B=limit_B,
            open_B=torch.ones(n, dtype=torch.bool, device=device),
            live_BW=torch.zeros(n, 1, device=device),
            token_BWT=torch.empty(n, 1, 0, dtype=torch.long, device=device),
            done_BK=torch.full((n, size), -torch.inf, device=device),
            done_token_BKT=torch.empty(n, size, 0, dtype=torch.long, device=device),
        )

    def advance(self, log_prob_RV: Tensor) -> Tensor:
        """Take one step, given log q(next) of every live hypothesis.

        Returns:
            The row that each new live hypothesis continues [B, W].
        """
        n, width = self.live_BW.shape
        at_limit_B1 = (self.token_BWT.shape[2] >= self.limit_B)[:, None]

        # A hypothesis's size+1 best tokens hold the size best that do not end it.
        best_RC = log_prob_RV.topk(min(self.size + 1, log_prob_RV.shape[1]), dim=1)
        continue_RC = best_RC.values.masked_fill(best_RC.indices == EOS, -torch.inf)
        continue_BX = (self.live_BW[:, :, None] + continue_RC.view(n, width, -1)).flatten(1)
        next_BW = continue_BX.topk(min(self.size, continue_BX.shape[1]), dim=1)

        end_BW = self.live_BW + log_prob_RV[:, EOS].view(n, width)
        both_BX = torch.cat([next_BW.values, end_BW], dim=1)
        considered_B1 = both_BX.topk(min(self.size, both_BX.shape[1]), dim=1).values[:, -1:]
        self._finish(end_BW.where((end_BW >= considered_B1) | at_limit_B1, -torch.inf))

        parent_BW = next_BW.indices // best_RC.indices.shape[1]
        token_BW = best_RC.indices.view(n, -1).gather(1, next_BW.indices)
        self.token_BWT = torch.cat([_pick(self.token_BWT, parent_BW), token_BW[:, :, None]], dim=2)
        self.live_BW = next_BW.values.masked_fill(at_limit_B1, -torch.inf)
        reachable_B = self.live_BW[:, 0] / (self.limit_B + 1) ** self.penalty
        self.open_B = reachable_B > self.done_BK[:, -1]
        return parent_BW + width * torch.arange(n, device=parent_BW.device)[:, None]

    def _finish(self, end_BW: Tensor) -> None:
        """Keep the best of the finished hypotheses and the live ones that end now with log q `end_BW`."""
        length = self.token_BWT.shape[2] + 1
        score_BX = torch.cat([self.done_BK, end_BW / length**self.penalty], dim=1)
        token_BXT = torch.cat([self.done_token_BKT, self.token_BWT], dim=1)
        self.done_BK, index_BK = score_BX.topk(self.size, dim=1)
        self.done_token_BKT = F.pad(_pick(token_BXT, index_BK), (0, 1), value=PAD)

    def select(self, kept_B: Tensor) -> "_Search":
        """The sentences where `kept_B` is true."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        rows: dict[str, Any] = {name: x[kept_B] for name, x in own.items() if isinstance(x, Tensor)}
        return replace(self, **rows)

    def collect(self, found: list[list[Hypothesis]]) -> None:
        """Hand over what was found for the sentences that are decided."""
        decided_B = ~self.open_B
        sources, scores = self.source_B[decided_B].tolist(), self.done_BK[decided_B].tolist()
        for source, scores_K, token_KT in zip(sources, scores, self.done_token_BKT[decided_B], strict=True):
            finished = zip(unpad(token_KT), scores_K, strict=True)
            found[source] = [Hypothesis(tokens, score) for tokens, score in finished if score > -torch.inf]


def _pick(token_BWT: Tensor, index_BX: Tensor) -> Tensor:
    """The token rows that `index_BX` names in each sentence [B, X, T]."""
    return token_BWT.gather(1, index_BX[:, :, None].expand(-1, -1, token_BWT.shape[2]))
