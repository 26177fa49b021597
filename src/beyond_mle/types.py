"""The few types that tasks, models, objectives, decoders and the training loop share.

Letters in tensor names give the axes: B items of a batch, S source positions, T target positions,
V vocabulary, D width, N positions of the whole batch laid end to end.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Literal, Protocol, TypeVar

import torch
from torch import Tensor

Certainty = Literal["exact", "lower-bound", "unnormalised"]


@dataclass(frozen=True)
class TextBatch:
    """Sentence pairs as token ids, padded on the right with PAD."""

    source_BS: Tensor
    """The source and its final EOS."""
    target_BT: Tensor
    """The target's own tokens: no BOS, no EOS (a model adds what it needs)."""
    support: "Support | None" = None
    """All of p(·|x), where p is known and the objective needs it."""

    def __len__(self) -> int:
        return len(self.source_BS)

    def to(self, device: torch.device | str) -> "TextBatch":
        """The same batch on another device."""
        return _moved(self, device)


@dataclass(frozen=True)
class Support:
    """Every output y with p(y|x) > 0 of every source of a batch, R of them in all."""

    output_RT: Tensor
    """Tokens as in `TextBatch.target_BT`."""
    row_R: Tensor
    """Of which source of the batch each output is."""
    log_p_R: Tensor
    """log p(y|x) in nats."""

    def to(self, device: torch.device | str) -> "Support":
        """The same on another device."""
        return _moved(self, device)


Movable = TypeVar("Movable", TextBatch, Support)


def _moved(values: Movable, device: torch.device | str) -> Movable:
    """A copy with every field that is there on another device."""
    own = {f.name: getattr(values, f.name) for f in fields(values)}
    moved = {
        name: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value.to(device)
        for name, value in own.items()
        if value is not None
    }
    return replace(values, **moved)


@dataclass(frozen=True)
class LogProb:
    """What a model says of each item of a batch."""

    total_B: Tensor
    """log q(y|x) in nats, given the length where the model predicts it apart (see `length_log_prob_B`); −inf, with a
    gradient of 0, where the model cannot produce y."""
    length_B: Tensor
    """T: how many tokens the target has, without boundary symbols; 1 where there is no sequence."""
    certainty: Certainty = "exact"
    boundary: int = 0
    """How many boundary symbols the model's family counts as tokens: 1 (eos) for autoregressive models,
    2 (bos and eos, certain once the length is known) for non-autoregressive ones, 0 where there are none."""
    uniform_B: Tensor | None = None
    """Σ_t (1/V) Σ_v log q(v at t): what label smoothing needs, where the model factorises over tokens."""
    length_log_prob_B: Tensor | None = None
    """log q(T|x), where the model predicts the length apart from the tokens."""
    hidden: "LogProb | None" = None
    """The same of only those tokens that the model's input hides, where training shows it part of the target (CMLM)."""

    def select(self, rows_B: Tensor) -> "LogProb":
        """The items of these rows (indices, or a mask)."""
        tensors = {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("_B")}
        return replace(self, **{name: tensor[rows_B] for name, tensor in tensors.items() if tensor is not None})

    @property
    def joint_B(self) -> Tensor:
        """log q(y, T|x): the log-probability of the output as the model can emit it."""
        return self.total_B if self.length_log_prob_B is None else self.total_B + self.length_log_prob_B


@dataclass(frozen=True)
class Loss:
    """One player's loss on a batch: `total / count`, kept apart so that accumulated batches weigh right."""

    total: Tensor
    """What to differentiate, summed over the batch."""
    count: Tensor
    """What the sum is divided by: the batch's tokens or sentences."""
    metrics: dict[str, Tensor] = field(default_factory=dict)
    """Figures to log, each already an average over the batch."""


class Model(Protocol):
    """A model gives log-probabilities and holds no loss."""

    def log_prob(self, batch: TextBatch) -> LogProb:
        """log q of each item of the batch."""


class Objective(Protocol):
    """Turns a model and a batch into a loss for each player.

    Most have one player, `model`. One that brings a second player, such as a discriminator, is an nn.Module and holds
    it as an attribute of the player's name.
    """

    needs_support: bool
    """Whether batches must hold the support of p (`TextBatch.support`)."""

    def losses(self, model: Model, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The loss of each player that is to make a step on this batch.

        Args:
            model: what is trained.
            batch: what it is trained on.
            step: how many optimiser steps have been made, for schedules.
        """


class DecodingState(Protocol):
    """What a stepwise model remembers between tokens, one row per unfinished hypothesis."""

    def select(self, rows_R: Tensor) -> None:
        """Keep (or repeat) these rows, in this order."""

    def reorder(self, rows_R: Tensor) -> None:
        """Like `select`, where each row stays within the hypotheses of its own source (cheaper)."""


class Stepwise(Protocol):
    """An autoregressive model as a decoder sees it: next-token scores with a cache."""

    longest_output: int
    """The most tokens that an output can have, EOS not counted."""

    def start(self, source_BS: Tensor, max_length: int) -> DecodingState:
        """Encode the sources; the state has one row per source and room for `max_length` steps."""

    def step(self, token_R: Tensor, state: DecodingState) -> Tensor:
        """Feed one token per row (BOS first), advance the state, return log q(next) as [R, V].

        Ids that the model never emits (PAD, BOS) have log-probability −inf.
        """


class OnePass(Protocol):
    """A non-autoregressive model as a decoder sees it: a length, then all tokens at once."""

    def encode(self, source_BS: Tensor) -> "Encoded":
        """Encode the sources once."""

    def length_log_probs(self, encoded: "Encoded") -> Tensor:
        """log q(T|x) as [B, L], column t for length t; −inf for lengths that cannot be (0 among them)."""

    def token_log_probs(self, encoded: "Encoded", length_B: Tensor) -> Tensor:
        """log q(v at t | x, T) as [B, T, V]; −inf for ids that the model never emits (PAD, BOS, EOS)."""


@dataclass(frozen=True)
class Encoded:
    """Encoded sources: hidden states, which positions are real, and the source ids."""

    hidden_BSD: Tensor
    mask_BS: Tensor
    source_BS: Tensor

    def select(self, rows_R: Tensor) -> "Encoded":
        """These rows, in this order."""
        return Encoded(self.hidden_BSD[rows_R], self.mask_BS[rows_R], self.source_BS[rows_R])
