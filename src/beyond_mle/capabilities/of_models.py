"""What models can do beyond the least, each a protocol."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from beyond_mle.types import ONLY_LOG_Q, Encoded, LogProb, TextBatch, TokenLogProb, TokenRequest


class DecodingState(Protocol):
    """A decoder's cache: what a stepwise model remembers between tokens, one row per unfinished hypothesis."""

    def select(self, rows_R: Tensor) -> None:
        """Keep (or repeat) these rows, in this order."""

    def reorder(self, rows_R: Tensor) -> None:
        """Like `select`, where each row stays within the hypotheses of its own source (cheaper)."""


class Stepwise(Protocol):
    """Next-token scores: an autoregressive model as a decoder sees it, with a cache."""

    longest_output: int
    """The most tokens that an output can have, EOS not counted."""

    def start(self, source_BS: Tensor, max_length: int) -> DecodingState:
        """Encode the sources; the state has one row per source and room for `max_length` steps."""

    def step(self, token_R: Tensor, state: Any) -> Tensor:
        """Feed one token per row (BOS first), advance the state, return log q(next) as [R, V].

        Ids that the model never emits (PAD, BOS) have log-probability −inf.
        """


class OnePass(Protocol):
    """All tokens in one pass: a non-autoregressive model as a decoder sees it, a length, then every token at once."""

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""

    def length_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(T|x) as [B, L], column t for length t; −inf for lengths that cannot be (0 among them)."""

    def token_log_probs(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        """log q(v at t | x, T) as [B, T, V]; −inf for ids that the model never emits (PAD, BOS, EOS)."""


class Masked(OnePass, Protocol):
    """Tokens given other tokens: a one-pass model that can be shown part of its output, to predict the rest again."""

    mask: int
    """The id that hides a token."""

    def token_log_probs_given(self, encoded: Encoded, token_BT: Tensor) -> Tensor:
        """log q(v at t | x, the tokens of `token_BT` that are not `mask`) as [B, T, V]; PAD ends an output."""


class Aligned(Protocol):
    """One symbol per position: a model that gives each position a token or blank on its own, to be collapsed (CTC)."""

    blank: int
    """The id that stands for "no token"."""

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""

    def alignment_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(v at u | x) of U positions as [B, U, V]; −inf for ids that the model never emits.

        Rows with fewer positions are filled up with positions where blank is certain, which change no output.
        """


class Prefixed(Protocol):
    """Predictions after another prefix than the target's: an autoregressive model that can be shown its own tokens."""

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""

    def states(self, encoded: Encoded, prefix_BT: Tensor) -> Tensor:
        """The hidden states from which the symbols at 1 … T+1 are predicted, [B, T+1, D]."""

    def word_log_probs(self, hidden: Tensor) -> Tensor:
        """[…, D] → log q(next symbol) […, V]."""

    def prefixed_log_prob(self, batch: TextBatch, prefix_BT: Tensor) -> LogProb:
        """Σ_t log q(y_t | w_<t, x) of the targets y, where w is the prefix."""


class Explicit(Protocol):
    """Log-probabilities: a model that says how likely an item is."""

    def log_prob(self, batch: Any) -> LogProb:
        """log q of each item of the batch."""


class PerToken(Protocol):
    """Per-token probabilities: a model that predicts each token by a softmax of its own, q(y|x) = Π_t q(y_t|…)."""

    def token_log_prob(self, batch: Any, request: TokenRequest = ONLY_LOG_Q) -> TokenLogProb:
        """log q of each token of each item of the batch, and what else is requested; it sums to that of `log_prob`."""


class PositionEntropy(Protocol):
    """Entropies by position: a model that factorises over the positions of its output."""

    def entropy(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """Per pair: the sum over predicted positions of the entropy (nats) of q there, and their number."""


class Figures(Protocol):
    """Parameters that are figures: a model so small that its parameters say it all."""

    def figures(self) -> dict[str, float]:
        """Parameter → value, by the names of metrics."""


class Reparametrised(Protocol):
    """Differentiable samples: a model whose samples are a smooth function of its parameters and of noise."""

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D], differentiable in the parameters."""


class Latent(Protocol):
    """A hidden variable: a model q(x) = ∫ q(x|z) N(z; 0, I) dz with an encoder of z."""

    latent: int
    """Coordinates of z."""

    def infer(self, batch: Any, draws: int = 1) -> Any:
        """What encoder and decoder say of draws of z, a `models.latent_model.Inferred`."""

    def importance_weighted_log_prob(self, batch: Any, draws: int, generator: torch.Generator | None = None) -> LogProb:
        """The importance-weighted bound by so many draws."""


class LatentStepwise(Protocol):
    """Next-token scores given a hidden variable: an autoregressive model once its z is drawn."""

    latent: int
    """Coordinates of z ~ N(0, I)."""

    def given(self, latent_BK: Tensor) -> Stepwise:
        """The model for sources with these z."""


class Marginal(Protocol):
    """A likelihood by quadrature: a model with a hidden variable over which it can integrate."""

    def marginal_log_prob(self, batch: Any, fewer: int = 1) -> LogProb:
        """log q of each item, where `log_prob` gives a bound; a bound too, where the hidden variable is too large.

        Args:
            batch: the items.
            fewer: by what the number of the quadrature's nodes, on each axis, is divided.
        """


class Bounded(Protocol):
    """A lower bound of log-probabilities: what a model has whose `log_prob` is not log q itself."""

    bounded: bool
    """That it is so."""


class Denoiser(Protocol):
    """Predicted noise: a diffusion model, which tells the noise in a point at each step."""

    @property
    def schedule(self) -> Any:
        """How fast points become noise, a `formulas.diffusion.Schedule`."""

    def predict_noise(self, noised_BD: Tensor, step_B: Tensor) -> Tensor:
        """ε_θ(x_t, t) of points at steps t = 1 … T, [B, D]."""


class Conditional(Protocol):
    """A density of y given x: a model of regression that can be evaluated at any y, and sampled."""

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log q(y|x) of M targets for each input, [B, M]."""

    def conditional_sample(self, input_BX: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n targets for each input, [B, n], without a gradient."""


class Energy(Protocol):
    """An unnormalised density of y given x: e^{f(x, y)}, whose integral is not known."""

    feature_width: int
    """Numbers by which `features` describes an input."""

    def features(self, input_BX: Tensor) -> Tensor:
        """What f sees of each input, [B, feature_width]: computed once for all of its targets."""

    def energy(self, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
        """f(x, y) of M targets for each input, [B, M], in nats."""


class Listed(Protocol):
    """A listed distribution: a model that can name every output of a source with its probability."""

    def distribution(self, source: Sequence[int]) -> tuple[list[list[int]], np.ndarray]:
        """The outputs of a source (token ids, EOS at its end) and q of each, the likeliest under p first."""


class Settable(Listed, Protocol):
    """A table of probabilities: a listed distribution that can be set to another one, source by source."""

    boundary: int
    """As in `LogProb`."""

    @property
    def sources(self) -> list[tuple[int, ...]]:
        """The sources that it lists, as token ids with their EOS."""

    def set_distribution(self, source: Sequence[int], q_N: np.ndarray) -> None:
        """Replace q of a source, for its outputs in the order of `distribution`."""


class PerCase(Protocol):
    """A part for each case: a model whose parameters are apart for each case of the data."""

    parts: nn.ModuleList
    """Of each case a model, which has `starts`."""


Statistics = dict[str, Tensor]
"""Sums over items, by what they are sums of."""


class Expectation(Protocol):
    """What an E step finds: the posterior of the hidden variables of a batch."""

    @property
    def log_prob(self) -> LogProb:
        """log q of each item, with the hidden variables that the batch gives."""

    def statistics(self, weight_B: Tensor) -> Statistics:
        """Expected sufficient statistics, summed over the items with these weights; batches add up."""


class ClosedFormSteps(Protocol):
    """E and M steps in closed form: a model with hidden variables, or with none, whose likelihood EM can raise."""

    def restart(self, batch: Any) -> None:
        """Draw parameters to start from, by torch's global generator.

        Args:
            batch: of the data, where that tells what is a fit place to start.
        """

    def e_step(self, batch: Any) -> Expectation:
        """The posterior of the hidden variables of each item."""

    def m_step(self, statistics: Statistics) -> None:
        """Set the parameters to those of the largest expected log-likelihood.

        Raises:
            UserError: if there are none.
        """


class OfData(Protocol):
    """The data themselves: a model that is made of them, and not of parameters alone."""

    def use(self, data: Any) -> None:
        """Take the data."""


class Initialisable(Protocol):
    """Places to start from: a model that can propose parameters for a given p."""

    def starts(self, data: Any, least_weight: float) -> list[np.ndarray]:
        """Flat parameters [D], each a place from which an exact search may start."""
