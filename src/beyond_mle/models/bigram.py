"""The bigram model, a language model that needs no hidden states: each word depends on the one before it."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from beyond_mle.capabilities import Statistics
from beyond_mle.models.language_model import LanguageModel
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.symbols import BOS, PAD
from beyond_mle.text.padding import ended
from beyond_mle.types import LogProb, TextBatch, TextSpec


@MODELS.register("bigram")
class Bigram(LanguageModel):
    """Free logits of each word after each other one (or BOS).

    A step of EM counts pairs of words, and is done: there is nothing hidden. The counts are smoothed by mixing them
    with fixed weights (Jelinek and Mercer 1980).
    """

    class Options(BaseOptions):
        """How counts are smoothed."""

        headline: ClassVar[tuple[str, ...]] = ("unigram",)

        unigram: float = Field(default=0.1, ge=0, le=1)
        """The weight of how frequent a word is whatever comes before it: all there is after a word never seen."""
        smoothing: float = Field(default=0.0, ge=0, lt=1)
        """The weight of equal odds, over all words, within that."""

    def __init__(self, options: Options, spec: TextSpec):
        super().__init__()
        self.options = options
        shape = spec.vocabulary_size, spec.vocabulary_size - self.first_output
        self.logits_CV = nn.Parameter(torch.empty(shape))
        self.restart()

    def restart(self, batch: TextBatch | None = None) -> None:
        """Draw the logits from N(0, 1), as nothing depends on where counting starts."""
        nn.init.normal_(self.logits_CV)

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q(y) of each target, without the distributions that its words are from."""
        before_BT, word_BT = _before(batch.target_BT), ended(batch.target_BT)
        index_BT = (word_BT - self.first_output).clamp(min=0)
        log_q_BT = self.logits_CV[before_BT, index_BT] - self.logits_CV.logsumexp(1)[before_BT]
        total_B = log_q_BT.where(word_BT != PAD, 0.0).sum(1)
        return LogProb(total_B, (batch.target_BT != PAD).sum(1), boundary=self.boundary)

    def next_log_probs(self, target_BT: Tensor) -> Tensor:
        """log q(v | y_{t−1})."""
        return self.logits_CV[_before(target_BT)].log_softmax(2)

    @torch.no_grad()
    def e_step(self, batch: TextBatch) -> "PairCounts":
        """Which word follows which."""
        log_prob = self.log_prob(batch)
        # Counts are to be exact, although the table, the square of a vocabulary, is in single precision.
        exact = replace(log_prob, total_B=log_prob.total_B.double())
        return PairCounts(exact, batch, tuple(self.logits_CV.shape), self.first_output)

    @torch.no_grad()
    def m_step(self, statistics: Statistics) -> None:
        """Relative frequencies, smoothed."""
        pair_CV, o = statistics["pair_CV"].to_dense(), self.options
        word_V = (1 - o.smoothing) * pair_CV.sum(0) / pair_CV.sum() + o.smoothing / pair_CV.shape[1]
        total_C1 = pair_CV.sum(1, keepdim=True)
        mixed_CV = (1 - o.unigram) * pair_CV / total_C1 + o.unigram * word_V
        self.logits_CV.copy_(torch.where(total_C1 > 0, mixed_CV, word_V).log())

    def start(self, source_BS: Tensor, max_length: int) -> "BigramState":
        """Before the first word; sources do not matter."""
        return BigramState()

    def step(self, token_R: Tensor, state: "BigramState") -> Tensor:
        """Feed one token per row, return log q(next token) [R, V + 2]."""
        return F.pad(self.logits_CV[token_R].log_softmax(1), (self.first_output, 0), value=-torch.inf)


class BigramState:
    """Nothing to remember but the word that is fed."""

    def select(self, rows_R: Tensor) -> None:
        """Nothing to select."""

    reorder = select


@dataclass(frozen=True)
class PairCounts:
    """The pairs of words of a batch of targets."""

    log_prob: LogProb
    batch: TextBatch
    shape: tuple[int, ...]
    first_output: int

    def statistics(self, weight_B: Tensor) -> Statistics:
        """How often each word follows each other one, in targets with these weights; sparse, as most never do."""
        word_BT = ended(self.batch.target_BT)
        mask_BT = word_BT != PAD
        pair_2N = torch.stack([_before(self.batch.target_BT)[mask_BT], word_BT[mask_BT] - self.first_output])
        weight_N = weight_B[:, None].expand_as(mask_BT)[mask_BT]
        pairs = torch.sparse_coo_tensor(pair_2N, weight_N, self.shape, check_invariants=False)
        return {"pair_CV": pairs.coalesce()}


def _before(target_BT: Tensor) -> Tensor:
    """The word before each predicted position: BOS, y_1, …, y_T."""
    return F.pad(target_BT, (1, 0), value=BOS)
