"""The variational auto-encoder of sentences (Bowman et al. 2016): q(y|x) = ∫ Π_t q(y_t | y_<t, x, z) N(z; 0, I) dz.

The decoder is that of `transformer`: z stands before the encoded source, as one more position to attend to.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from beyond_mle.formulas.gaussian_latent import DiagonalGaussian
from beyond_mle.models.latent_model import LatentModel, LatentOptions
from beyond_mle.models.layers import TransformerOptions
from beyond_mle.models.transformer import Transformer, TransformerState
from beyond_mle.registry import MODELS
from beyond_mle.text.padding import ended
from beyond_mle.types import Encoded, LogProb, Spec, TextBatch, TextSpec


class TextVAEOptions(TransformerOptions, LatentOptions):
    """Sizes of the Transformer, and the hidden variable."""

    conditional: bool = True
    """Whether the decoder sees the source; if not, it writes from z alone."""


@MODELS.register("text-vae")
class TextVAE(LatentModel):
    """A Transformer that also attends to z; one encoder reads source and target, for the decoder and for q(z|x, y)."""

    accepts: ClassVar[type[Spec]] = TextSpec
    Options = TextVAEOptions
    options: TextVAEOptions

    def __init__(self, options: TextVAEOptions, spec: TextSpec):
        super().__init__(options)
        self.transformer = Transformer(options, spec)
        read = 2 if options.conditional else 1
        self.encoder = nn.Linear(read * options.width, 2 * options.latent)
        self.memory = nn.Linear(options.latent, options.width)

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return self.transformer.device

    @property
    def longest_output(self) -> int:
        """The most tokens that an output can have, as of `transformer`."""
        return self.transformer.longest_output

    def posterior(self, batch: TextBatch) -> DiagonalGaussian:
        """q(z|x, y) of each pair, from the mean states of its texts."""
        texts = [batch.source_BS, ended(batch.target_BT)] if self.options.conditional else [ended(batch.target_BT)]
        read_BD = torch.cat([self.transformer.encode(text).mean_BD for text in texts], dim=1)
        return DiagonalGaussian(*self.encoder(read_BD).chunk(2, dim=-1))

    def log_prob_given(self, batch: TextBatch, latent_RBK: Tensor) -> LogProb:
        """log q(y|x, z) as [R, B], with T."""
        draws, items = len(latent_RBK), len(batch)
        latent_NK = latent_RBK.expand(draws, items, -1).flatten(0, 1)
        row_N = torch.arange(items, device=self.device).repeat(draws)
        encoded, target_NT = self.encode(batch.source_BS, latent_NK, row_N), batch.target_BT[row_N]
        predictions = self.transformer.predictions(encoded, target_NT)
        given = self.transformer.log_prob_from(encoded, target_NT, predictions)
        return LogProb(given.total_B.view(draws, items), given.length_B[:items], boundary=given.boundary)

    def entropy(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """As of `transformer`, given z at the mean of its q(z|x, y)."""
        encoded = self.encode(batch.source_BS, self.posterior(batch).mean_BK)
        return self.transformer.entropy_from(self.transformer.predictions(encoded, batch.target_BT))

    def encode(self, source_BS: Tensor, latent_NK: Tensor, row_N: Tensor | None = None) -> Encoded:
        """What the decoder attends to: z, and the source where it sees it.

        Args:
            source_BS: the sources.
            latent_NK: z of each row.
            row_N: which source each row has; by default the rows are the sources.
        """
        memory_N1D = self.memory(latent_NK)[:, None]
        mask_N1 = torch.ones(memory_N1D.shape[:2], dtype=torch.bool, device=memory_N1D.device)
        source_NS = source_BS if row_N is None else source_BS[row_N]
        if not self.options.conditional:
            return Encoded(memory_N1D, mask_N1, source_NS)
        encoded = self.transformer.encode(source_BS)
        encoded = encoded if row_N is None else encoded.select(row_N)
        hidden_NSD = torch.cat([memory_N1D, encoded.hidden_BSD], dim=1)
        return replace(encoded, hidden_BSD=hidden_NSD, mask_BS=torch.cat([mask_N1, encoded.mask_BS], dim=1))

    def given(self, latent_BK: Tensor) -> "GivenLatent":
        """The autoregressive model that it is once z of each source is known."""
        return GivenLatent(self, latent_BK.to(self.memory.weight))


@dataclass(frozen=True)
class GivenLatent:
    """Next-token scores of a text VAE, given z (see `capabilities.Stepwise`)."""

    model: TextVAE
    latent_BK: Tensor

    @property
    def longest_output(self) -> int:
        """As of the model."""
        return self.model.longest_output

    @torch.inference_mode()
    def start(self, source_BS: Tensor, max_length: int) -> TransformerState:
        """Encode the sources, each with its z."""
        return self.model.transformer.start_from(self.model.encode(source_BS, self.latent_BK), max_length)

    def step(self, token_R: Tensor, state: Any) -> Tensor:
        """As of the Transformer."""
        return self.model.transformer.step(token_R, state)
