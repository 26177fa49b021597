"""What tasks, models, objectives and solvers hand to each other: specs, batches, log-probabilities, losses.

What a part can do beyond that is a protocol of `capabilities`. Letters in tensor names give the axes: B items of a
batch, S source positions, T target positions, V vocabulary, W chosen words, D width, X coordinates of an input, N
positions of the whole batch laid end to end.
"""

from collections.abc import Sized
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

import torch
from torch import Tensor

Certainty = Literal["exact", "lower-bound", "unnormalised"]


@dataclass(frozen=True)
class Spec:
    """What a model must know of the data in order to be built; one subclass for each kind of data."""


@dataclass(frozen=True)
class TextSpec(Spec):
    """Pairs of texts as token ids."""

    vocabulary_size: int


@dataclass(frozen=True)
class VectorSpec(Spec):
    """Points with real coordinates."""

    dimensions: int


@dataclass(frozen=True)
class CasesSpec(Spec):
    """Points with real coordinates, given one of several cases; the number of the case stands before them."""

    dimensions: int
    """Of a point, without the number."""
    cases: int


@dataclass(frozen=True)
class RegressionSpec(Spec):
    """A real target y given an input x of real coordinates."""

    inputs: int
    """Coordinates of x."""
    low: float
    high: float
    """Beyond which no target lies: the interval over which densities of y are integrated."""


@dataclass(frozen=True)
class FiniteSpec(Spec):
    """Strings that can all be listed."""

    support: tuple[tuple[int, ...], ...]
    """Every string, as symbols 0, 1, …"""


@dataclass(frozen=True)
class Density:
    """What p says of the items of a batch that together are all of p: an enumeration, or a quadrature grid."""

    log_p_B: Tensor
    log_weight_B: Tensor
    """Logarithms of the quadrature weights; 0 for probabilities of atoms."""

    @cached_property
    def weight_B(self) -> Tensor:
        """p × quadrature weight: Σ weight · f is E_p[f]."""
        return torch.where(self.log_p_B == -torch.inf, 0.0, (self.log_p_B + self.log_weight_B).exp())

    def to(self, device: torch.device | str) -> "Density":
        """The same on another device."""
        return _moved(self, device)


class Batch(Sized, Protocol):
    """Items that are trained on, or judged, together."""

    @property
    def density(self) -> Density | None:
        """All of p, where the items are all of p: then losses are exact expectations."""

    def to(self, device: torch.device | str) -> Self:
        """The same batch on another device."""


@dataclass(frozen=True)
class TextBatch:
    """Sentence pairs as token ids, padded on the right with PAD."""

    source_BS: Tensor
    """The source and its final EOS."""
    target_BT: Tensor
    """The target's own tokens: no BOS, no EOS (a model adds what it needs)."""
    support: "Support | None" = None
    """All of p(·|x), where p is known and the objective needs it."""
    hidden_BT: Tensor | None = None
    """The hidden state of each token of the target, −1 where it is not known: for models that have such states, if the
    data know any."""
    density: ClassVar[None] = None

    def __len__(self) -> int:
        return len(self.source_BS)

    def to(self, device: torch.device | str) -> "TextBatch":
        """The same batch on another device."""
        return _moved(self, device)


@dataclass(frozen=True)
class Points:
    """Points with real coordinates; of data with several cases, the number of the case is the first of them."""

    point_BD: Tensor
    density: Density | None = None

    def __len__(self) -> int:
        return len(self.point_BD)

    def to(self, device: torch.device | str) -> "Points":
        """The same batch on another device."""
        return _moved(self, device)


@dataclass(frozen=True)
class Regression:
    """Targets y given inputs x, as float32."""

    input_BX: Tensor
    target_B: Tensor
    density: ClassVar[None] = None

    def __len__(self) -> int:
        return len(self.target_B)

    def to(self, device: torch.device | str) -> "Regression":
        """The same batch on another device."""
        return _moved(self, device)


@dataclass(frozen=True)
class Strings:
    """Strings of a finite language, by their place in its support."""

    index_B: Tensor
    density: Density | None = None

    def __len__(self) -> int:
        return len(self.index_B)

    def to(self, device: torch.device | str) -> "Strings":
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


Movable = TypeVar("Movable", Density, TextBatch, Points, Regression, Strings, Support)


def _moved(values: Movable, device: torch.device | str) -> Movable:
    """A copy with every field that is there on another device."""
    own = {f.name: getattr(values, f.name) for f in fields(values)}
    moved: dict[str, Any] = {
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
    latent_kl_B: Tensor | None = None
    """KL(q(z|x) ‖ prior) of a hidden variable, in nats, where the model has one."""

    def select(self, rows_B: Tensor) -> "LogProb":
        """The items of these rows (indices, or a mask)."""
        tensors = {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("_B")}
        return replace(self, **{name: tensor[rows_B] for name, tensor in tensors.items() if tensor is not None})

    @property
    def joint_B(self) -> Tensor:
        """log q(y, T|x): the log-probability of the output as the model can emit it."""
        return self.total_B if self.length_log_prob_B is None else self.total_B + self.length_log_prob_B


@dataclass(frozen=True)
class TokenRequest:
    """What to compute of the distribution q(·|…) of each predicted token, besides log q of the token itself.

    Each costs another pass over the vocabulary, in the forward and in the backward pass.
    """

    collision: bool = False
    """Σ_v q(v)²."""
    entropy: bool = False
    """−Σ_v q(v) log q(v)."""
    word_BTW: Tensor | None = None
    """log q of these words, as ids; any shape that broadcasts to [B, T, W]. T counts the predicted positions."""


ONLY_LOG_Q = TokenRequest()


@dataclass(frozen=True)
class TokenLogProb:
    """What a model says of each predicted token of each item of a batch: `LogProb`, one level down.

    T counts the predicted positions (EOS among them where the model predicts it). Where `mask_BT` is false, values mean
    nothing.
    """

    log_q_BT: Tensor
    """log q of the predicted token in nats."""
    mask_BT: Tensor
    """Which positions count."""
    length_B: Tensor
    """As in `LogProb`: tokens without boundary symbols."""
    boundary: int = 0
    """As in `LogProb`. A boundary symbol that is certain (log q = 0) has no position of its own."""
    length_log_prob_B: Tensor | None = None
    """As in `LogProb`."""
    collision_BT: Tensor | None = None
    """Σ_v q(v)², if requested."""
    entropy_BT: Tensor | None = None
    """The entropy of q in nats, if requested."""
    word_log_q_BTW: Tensor | None = None
    """log q of the requested words; −inf, with a gradient of 0, for those that the model cannot produce there."""
    hidden: "TokenLogProb | None" = None
    """As in `LogProb`: the same, but only the tokens that the model's input hides count."""


@dataclass(frozen=True)
class Loss:
    """One player's loss on a batch: `total / count`, kept apart so that accumulated batches weigh right."""

    total: Tensor
    """What to differentiate, summed over the batch."""
    count: Tensor
    """What the sum is divided by: the batch's tokens or sentences."""
    metrics: dict[str, Tensor] = field(default_factory=dict)
    """Figures to log, each already an average over the batch."""


@dataclass(frozen=True)
class Encoded:
    """Encoded sources: hidden states, which positions are real, and the source ids."""

    hidden_BSD: Tensor
    mask_BS: Tensor
    source_BS: Tensor

    @property
    def mean_BD(self) -> Tensor:
        """The mean of each source's hidden states."""
        return (self.hidden_BSD * self.mask_BS[:, :, None]).sum(1) / self.mask_BS.sum(1)[:, None]

    def select(self, rows_R: Tensor) -> "Encoded":
        """These rows, in this order."""
        return Encoded(self.hidden_BSD[rows_R], self.mask_BS[rows_R], self.source_BS[rows_R])
