"""The hidden Markov model over words, a language model: a chain of hidden states, each of which says one word.

    q(y, z) = π(z_1) Π_t A(z_t | z_{t−1}) b(y_t | z_t),   with y_{T+1} = EOS.

One state makes it a unigram model. In the names of tensors K counts states and V the ids that it can emit, EOS first;
T counts the target's tokens and EOS.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from beyond_mle.capabilities import Statistics
from beyond_mle.formulas import forward_backward
from beyond_mle.formulas.forward_backward import Posterior
from beyond_mle.models.language_model import LanguageModel
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.symbols import BOS, PAD
from beyond_mle.text.padding import ended
from beyond_mle.types import LogProb, TextBatch, TextSpec


@MODELS.register("hidden-markov")
class HiddenMarkov(LanguageModel):
    """Free logits of π, A and b; b is mixed with equal odds, so that no word need be impossible."""

    class Options(BaseOptions):
        """How many states, and what a word gets that was never seen."""

        headline: ClassVar[tuple[str, ...]] = ("states",)

        states: int = Field(default=16, gt=0)
        """K."""
        smoothing: float = Field(default=0.0, ge=0, lt=1)
        """With this probability a state says any word, at equal odds, which is part of the model: b = (1−ε) softmax +
        ε/V. At 0 a word that EM never saw becomes impossible."""

    def __init__(self, options: Options, spec: TextSpec):
        super().__init__()
        self.options = options
        k, v = options.states, spec.vocabulary_size - self.first_output
        self.start_K, self.transition_KK, self.emission_KV = (
            nn.Parameter(torch.empty(shape, dtype=torch.float64)) for shape in ((k,), (k, k), (k, v))
        )
        self.restart()

    def restart(self, batch: TextBatch | None = None) -> None:
        """Draw the logits from N(0, 1); a batch does not help, as one step of EM finds how frequent words are."""
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    @property
    def log_emission_KV(self) -> Tensor:
        """log b."""
        log_own_KV, smoothing = self.emission_KV.log_softmax(1), self.options.smoothing
        if not smoothing:
            return log_own_KV
        any_word = torch.full_like(log_own_KV, math.log(smoothing / log_own_KV.shape[1]))
        return torch.logaddexp(log_own_KV + math.log1p(-smoothing), any_word)

    def log_scores(self, batch: TextBatch) -> Tensor:
        """log b of the target's tokens and of EOS by state, [B, T, K]: 0 behind the end, −∞ where another is given."""
        word_BT = ended(batch.target_BT)
        index_BT = (word_BT - self.first_output).clamp(min=0)
        # Positions lie first in memory, as what follows goes from one to the next.
        score_BTK = F.embedding(index_BT.T, self.log_emission_KV.T.contiguous()).transpose(0, 1)
        score_BTK = score_BTK.masked_fill((word_BT == PAD)[:, :, None], 0.0)
        if batch.hidden_BT is not None:
            hidden_BT1 = F.pad(batch.hidden_BT, (0, 1), value=-1)[:, :, None]
            state_K = torch.arange(len(self.start_K), device=self.device)
            score_BTK = score_BTK.masked_fill((hidden_BT1 >= 0) & (hidden_BT1 != state_K), -torch.inf)
        return score_BTK

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q(y) of each target, or log q(y, z) of the states z that the batch gives."""
        _, evidence_BT = self._filtered(batch)
        return _said(evidence_BT, batch)

    def next_log_probs(self, target_BT: Tensor) -> Tensor:
        """log q(v | y_<t) [B, T, V], by the forward filter."""
        predicted_BTK, _ = self._filtered(TextBatch(target_BT, target_BT))
        return forward_backward.log(predicted_BTK @ self.log_emission_KV.exp())

    def _filtered(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        return forward_backward.filtered(self.start_K.softmax(0), self.transition_KK.softmax(1), self.log_scores(batch))

    @torch.no_grad()
    def posterior(self, batch: TextBatch) -> Posterior:
        """p(z | y) of each target, by forward-backward."""
        return forward_backward.posterior(
            self.start_K.softmax(0), self.transition_KK.softmax(1), self.log_scores(batch)
        )

    @torch.no_grad()
    def viterbi(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """The likeliest states of each target's tokens and EOS, [B, T], −1 behind them; log q(y, z), [B]."""
        return forward_backward.likeliest_path(
            self.start_K.log_softmax(0),
            self.transition_KK.log_softmax(1),
            self.log_scores(batch),
            ended(batch.target_BT) != PAD,
        )

    def e_step(self, batch: TextBatch) -> "ExpectedCounts":
        """How often each target is expected to start in, move between, and say words from the states."""
        return ExpectedCounts(self.posterior(batch), batch, self.emission_KV.shape[1], self.first_output)

    @torch.no_grad()
    def m_step(self, statistics: Statistics) -> None:
        """Relative frequencies; of what words smoothing has not explained. A state that nothing visits stays as is."""
        emission_KV, smoothing = statistics["emission_VK"].T, self.options.smoothing
        own_KV = (self.emission_KV.log_softmax(1) - self.log_emission_KV).exp() * (1 - smoothing)
        for logits, count in (
            (self.start_K, statistics["start_K"]),
            (self.transition_KK, statistics["transition_KK"]),
            (self.emission_KV, emission_KV * own_KV if smoothing else emission_KV),
        ):
            total = count.sum(-1, keepdim=True)
            # What is expected less than 10⁻²⁰⁰ times cannot matter, and would slow arithmetic down.
            share = torch.where(count > 1e-200, count / total, 0.0)
            logits.copy_(torch.where(total > 0, share.log(), logits))

    def start(self, source_BS: Tensor, max_length: int) -> "HiddenMarkovState":
        """Before the first word; sources do not matter."""
        tables = self.start_K.softmax(0), self.transition_KK.softmax(1), self.log_emission_KV.exp()
        return HiddenMarkovState(tables[0].expand(len(source_BS), -1), *tables[1:])

    def step(self, token_R: Tensor, state: "HiddenMarkovState") -> Tensor:
        """Feed one token per row, return log q(next token) [R, V + 2]."""
        index_R = (token_R - self.first_output).clamp(min=0)
        joint_RK = state.predicted_RK * state.emission_KV.T[index_R]
        moved_RK = joint_RK / joint_RK.sum(1, keepdim=True) @ state.transition_KK
        state.predicted_RK = torch.where((token_R == BOS)[:, None], state.predicted_RK, moved_RK)
        log_q_RV = (state.predicted_RK @ state.emission_KV).log()
        return F.pad(log_q_RV, (self.first_output, 0), value=-torch.inf)


@dataclass
class HiddenMarkovState:
    """Which state each hypothesis is expected to be in next, and the model's tables."""

    predicted_RK: Tensor
    transition_KK: Tensor
    emission_KV: Tensor

    def select(self, rows_R: Tensor) -> None:
        """Keep (or repeat) these rows, in this order."""
        self.predicted_RK = self.predicted_RK[rows_R]

    reorder = select


@dataclass(frozen=True)
class ExpectedCounts:
    """What targets say of their states."""

    posterior: Posterior
    batch: TextBatch
    vocabulary: int
    first_output: int

    @property
    def log_prob(self) -> LogProb:
        """As of the model."""
        return _said(self.posterior.log_evidence_BT, self.batch)

    def statistics(self, weight_B: Tensor) -> Statistics:
        """Expected counts, summed over the targets with these weights."""
        word_BT = ended(self.batch.target_BT)
        weight_BT = weight_B[:, None] * (word_BT != PAD)
        state_TBK = (self.posterior.state_BTK * weight_BT[:, :, None]).transpose(0, 1)
        emission_VK = state_TBK.new_zeros(self.vocabulary, state_TBK.shape[2])
        index_N = (word_BT.T - self.first_output).clamp(min=0).flatten()
        return {
            "start_K": state_TBK[0].sum(0),
            "transition_KK": self.posterior.transitions(weight_BT),
            "emission_VK": emission_VK.index_add_(0, index_N, state_TBK.flatten(0, 1)),
        }


def _said(log_evidence_BT: Tensor, batch: TextBatch) -> LogProb:
    # Behind the end of a target that is impossible, the evidence of nothing is impossible too.
    total_B = log_evidence_BT.where(ended(batch.target_BT) != PAD, 0.0).sum(1)
    return LogProb(total_B, (batch.target_BT != PAD).sum(1), boundary=HiddenMarkov.boundary)
