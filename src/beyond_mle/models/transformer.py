"""The autoregressive Transformer (Vaswani et al. 2017): q(y|x) = Π_t q(y_t | y_<t, x), EOS included."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from beyond_mle.models.factorised_model import FactorisedModel
from beyond_mle.models.layers import DecoderLayer, TransformerOptions
from beyond_mle.registry import MODELS
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import ended
from beyond_mle.types import Encoded, LogProb, TextBatch


@MODELS.register("transformer")
class Transformer(FactorisedModel):
    """Encoder-decoder with causal self-attention in the decoder."""

    Options = TransformerOptions
    first_output = EOS
    boundary = 1

    @property
    def longest_output(self) -> int:
        """Outputs are fed back behind BOS, so one position less than there are."""
        return self.options.max_positions - 1

    @property
    def _layers(self) -> Iterable[DecoderLayer]:
        """The layers, as what they are."""
        return cast(Iterable[DecoderLayer], self.layers)

    def predictions(
        self, encoded: Encoded, target_BT: Tensor, prefix_BT: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Input BOS y_1 … y_T, or the prefix given in place of y, predicts y_1 … y_T EOS."""
        predicted_BT = ended(target_BT)
        states_BTD = self.states(encoded, target_BT if prefix_BT is None else prefix_BT)
        return states_BTD, predicted_BT, predicted_BT != PAD

    def states(self, encoded: Encoded, prefix_BT: Tensor) -> Tensor:
        """The hidden states from which the symbol after BOS, BOS w_1, BOS w_1 w_2, … is predicted, [B, T+1, D]."""
        return self.decode(encoded, F.pad(prefix_BT, (1, 0), value=BOS), None)

    def prefixed_log_prob(self, batch: TextBatch, prefix_BT: Tensor) -> LogProb:
        """Σ_t log q(y_t | w_<t, x): each true symbol after a prefix that may differ from y_<t, not log q(y|x).

        Args:
            batch: the pairs.
            prefix_BT: w, as long as the targets.
        """
        encoded = self.encode(batch.source_BS)
        return self.log_prob_from(encoded, batch.target_BT, self.predictions(encoded, batch.target_BT, prefix_BT))

    @torch.inference_mode()
    def start(self, source_BS: Tensor, max_length: int) -> "TransformerState":
        """Encode the sources, for up to `max_length` steps."""
        return self.start_from(self.encode(source_BS), max_length)

    def start_from(self, encoded: Encoded, max_length: int) -> "TransformerState":
        """Project the keys and values of encoded sources once."""
        attention = [layer.source_attention for layer in self._layers]
        source = [part.split(part.key_value(encoded.hidden_BSD)) for part in attention]
        batch, width, heads = len(encoded.hidden_BSD), self.options.width, self.options.heads
        shape = (2, batch, heads, max_length, width // heads)
        past = [encoded.hidden_BSD.new_empty(shape) for _ in self.layers]
        return TransformerState(source, encoded.mask_BS[:, None, None, :], past)

    @torch.inference_mode()
    def step(self, token_R: Tensor, state: "TransformerState") -> Tensor:
        """Feed one token per row, return log q(next token) [R, V]."""
        x_R1D = self.embedding(token_R[:, None], first=state.position)
        for layer, (key, value), past in zip(self._layers, state.source, state.past, strict=True):
            attention = layer.self_attention
            query, *now = attention.split(attention.query_key_value(layer.self_norm(x_R1D)))
            past[:, :, :, state.position] = torch.stack(now)[:, :, :, 0]
            seen = past[:, :, :, : state.position + 1]
            x_R1D = x_R1D + attention.attend(query, seen[0], seen[1], None)
            attention = layer.source_attention
            query = attention.split(attention.query(layer.source_norm(x_R1D)))[0]
            x_R1D = x_R1D + attention.attend(query, key, value, state.source_mask)
            x_R1D = x_R1D + layer.feedforward(layer.feedforward_norm(x_R1D))
        state.position += 1
        return self.word_log_probs(self.norm(x_R1D[:, 0]))


@dataclass
class TransformerState:
    """Keys and values of the source and of the tokens so far, per layer, one row per hypothesis."""

    source: list[Tensor]
    """Per layer [2, R, H, S, d]: keys and values of the encoded source."""
    source_mask: Tensor
    """[R, 1, 1, S]: which source positions are real."""
    past: list[Tensor]
    """Per layer [2, R, H, max_length, d]: keys and values of the tokens fed so far."""
    position: int = 0
    """How many tokens have been fed."""

    def select(self, rows_R: Tensor) -> None:
        """Keep (or repeat) these rows, in this order."""
        self.source = [both[:, rows_R] for both in self.source]
        self.source_mask = self.source_mask[rows_R]
        self.reorder(rows_R)

    def reorder(self, rows_R: Tensor) -> None:
        """Reorder the tokens' part only: rows stay with hypotheses of their own source."""
        for layer, both in enumerate(self.past):
            moved = both.new_empty(2, len(rows_R), *both.shape[2:])
            moved[:, :, :, : self.position] = both[:, rows_R, :, : self.position]
            self.past[layer] = moved
