"""What the text models have in common: encoder, decoder stack, shared embeddings, sums of token log-probabilities."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from beyond_mle.models.layers import (
    DecoderLayer,
    Embedding,
    Encoder,
    TransformerOptions,
    token_entropies,
    token_log_probs,
)
from beyond_mle.symbols import PAD
from beyond_mle.types import Encoded, LogProb, Spec, TextBatch, TextSpec


class TextModel(nn.Module):
    """An encoder-decoder that factorises over target positions: q(y|x) = Π_t q(y_t | …)."""

    accepts: ClassVar[type[Spec]] = TextSpec
    """The kind of data that it is for."""
    first_output: int
    """The first id that the model can emit: ids below are never produced and have probability 0."""
    boundary: int
    """Boundary symbols that the official code counts into T (see `LogProb.boundary`)."""

    def __init__(self, options: TransformerOptions, spec: TextSpec):
        super().__init__()
        self.options = options
        self.embedding = Embedding(spec.vocabulary_size, options)
        self.encoder = Encoder(self.embedding, options)
        self.norm = nn.LayerNorm(options.width)
        self.layers = nn.ModuleList(DecoderLayer(options) for _ in range(options.decoder_layers))

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""
        return self.encoder(source_BS)

    def decode(self, encoded: Encoded, input_BT: Tensor, mask_BT: Tensor | None) -> Tensor:
        """Hidden states [B, T, D] behind these ids at the decoder's input.

        Args:
            encoded: the sources.
            input_BT: the ids.
            mask_BT: the positions that all others see; none: each sees those up to itself.
        """
        mask_B11T = None if mask_BT is None else mask_BT[:, None, None, :]
        source_mask_B11S = encoded.mask_BS[:, None, None, :]
        x_BTD = self.embedding(input_BT)
        for layer in self.layers:
            x_BTD = layer(x_BTD, mask_B11T, encoded.hidden_BSD, source_mask_B11S, causal=mask_BT is None)
        return self.norm(x_BTD)

    @abstractmethod
    def predictions(self, encoded: Encoded, target_BT: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The hidden states from which each target symbol is predicted.

        Returns:
            hidden_BTD: states after the last norm; T includes EOS where the model predicts it.
            target_BT: the symbols predicted there.
            mask_BT: which positions are real.
        """

    def length_log_prob(self, encoded: Encoded, length_B: Tensor) -> Tensor | None:
        """log q(T|x) where the model predicts the length apart from the tokens, else none."""
        return None

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return self.norm.weight.device

    @property
    def output_weight_VD(self) -> Tensor:
        """The output layer: the embeddings of the ids that the model can emit."""
        return self.embedding.token.weight[self.first_output :]

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q(y|x) of each pair, with T, the uniform term of label smoothing, and the length's log-probability."""
        encoded = self.encode(batch.source_BS)
        return self.log_prob_from(encoded, batch.target_BT, self.predictions(encoded, batch.target_BT))

    def log_prob_from(self, encoded: Encoded, target_BT: Tensor, predictions: tuple[Tensor, Tensor, Tensor]) -> LogProb:
        """log q of the targets, from what `predictions` gives."""
        total_B, uniform_B = self.sums(*predictions)
        length_B = (target_BT != PAD).sum(1)
        return LogProb(
            total_B=total_B,
            length_B=length_B,
            boundary=self.boundary,
            uniform_B=uniform_B,
            length_log_prob_B=self.length_log_prob(encoded, length_B),
        )

    def sums(self, hidden_BTD: Tensor, predicted_BT: Tensor, mask_BT: Tensor) -> tuple[Tensor, Tensor]:
        """Over each item's positions in the mask: the sum of log q, and that of its mean over the vocabulary, [B]."""
        predicted_N = predicted_BT[mask_BT] - self.first_output
        log_q_N, uniform_N = token_log_probs(hidden_BTD[mask_BT], self.output_weight_VD, predicted_N)
        return _sum_by_row(log_q_N, mask_BT), _sum_by_row(uniform_N, mask_BT)

    def entropy(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """Per pair: the sum over predicted positions of the entropy (nats) of q at that position, and their number."""
        encoded = self.encode(batch.source_BS)
        return self.entropy_from(self.predictions(encoded, batch.target_BT))

    def entropy_from(self, predictions: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The same, from what `predictions` gives."""
        hidden_BTD, _, mask_BT = predictions
        entropy_N = token_entropies(hidden_BTD[mask_BT], self.output_weight_VD)
        return _sum_by_row(entropy_N, mask_BT), mask_BT.sum(1)

    def word_log_probs(self, hidden: Tensor) -> Tensor:
        """[…, D] → log q over the whole vocabulary [..., V]; −inf for ids that the model never emits."""
        log_probs = torch.log_softmax((hidden @ self.output_weight_VD.T).float(), dim=-1)
        return nn.functional.pad(log_probs, (self.first_output, 0), value=float("-inf"))


def by_row(value_N: Tensor, mask_BT: Tensor) -> Tensor:
    """Values of the real positions, laid end to end [N, …], back in their rows [B, T, …]; 0 elsewhere."""
    rest = value_N.shape[1:]
    return value_N.new_zeros(*mask_BT.shape, *rest).masked_scatter(
        mask_BT.view(*mask_BT.shape, *(1 for _ in rest)), value_N
    )


def _sum_by_row(value_N: Tensor, mask_BT: Tensor) -> Tensor:
    """Sum the values of each row's real positions (in a fixed order, unlike scattered additions on a GPU)."""
    return by_row(value_N, mask_BT).sum(1)
