"""Vanilla-NAT (Gu et al. 2018, as in fairseq's nonautoregressive_transformer): all tokens in one pass.

q(y, T|x) = q(T|x) Π_t q(y_t | x, T). The decoder's input is the source's embeddings, copied uniformly to T positions.
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.layers import DecoderLayer, TransformerOptions
from beyond_mle.models.text_model import TextModel
from beyond_mle.registry import MODELS
from beyond_mle.symbols import PAD, UNK
from beyond_mle.types import Encoded


class VanillaNATOptions(TransformerOptions):
    """Sizes of an encoder-decoder that predicts its output length."""

    max_length_offset: int = Field(default=127, gt=0)
    """The length predictor chooses T − S among −max … +max (official code: 256 classes)."""


@MODELS.register("vanilla-nat")
class VanillaNAT(TextModel):
    """Encoder, length predictor by offset, and a decoder without causal mask."""

    Options = VanillaNATOptions
    first_output = UNK
    boundary = 2

    def __init__(self, options: VanillaNATOptions, vocabulary_size: int):
        super().__init__(options, vocabulary_size)
        self.layers = nn.ModuleList(DecoderLayer(options) for _ in range(options.decoder_layers))
        self.length_offset = nn.Linear(options.width, 2 * options.max_length_offset + 1, bias=False)
        nn.init.normal_(self.length_offset.weight, std=options.width**-0.5)

    def predictions(self, encoded: Encoded, target_BT: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Every position predicts its own token from the source alone; `target_BT` gives only the length."""
        mask_BT = target_BT != PAD
        return self.decode(encoded, mask_BT.sum(1), target_BT.shape[1]), target_BT, mask_BT

    def decode(self, encoded: Encoded, length_B: Tensor, longest: int) -> Tensor:
        """Hidden states of the outputs of the given lengths, [B, longest, D]."""
        mask_BT = torch.arange(longest, device=length_B.device) < length_B[:, None]
        copied_BTD = encoded.source_BS.gather(1, uniform_copy(encoded.mask_BS.sum(1), length_B, longest))
        x_BTD = self.embedding(copied_BTD)
        for layer in self.layers:
            x_BTD = layer(x_BTD, mask_BT[:, None, None, :], encoded.hidden_BSD, encoded.mask_BS[:, None, None, :])
        return self.norm(x_BTD)

    def length_log_prob(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        """log q(T|x) of the given lengths; a length beyond the reach of the offsets counts as the nearest one."""
        log_probs_BL = self.length_log_probs(encoded)
        source_B = encoded.mask_BS.sum(1)
        reach = self.options.max_length_offset
        farthest_B = (source_B + reach).clamp(max=self.options.max_positions)
        nearest_B = torch.minimum(torch.maximum(length_B, (source_B - reach).clamp(min=1)), farthest_B)
        return log_probs_BL.gather(1, nearest_B[:, None])[:, 0]

    def encode(self, source_BS: Tensor) -> Encoded:
        """Encode the sources once."""
        return self.encoder(source_BS)

    def length_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(T|x) as [B, L], column t for length t: a softmax over the offsets to lengths that the model has."""
        mask_BS1 = encoded.mask_BS[:, :, None]
        source_B = encoded.mask_BS.sum(1)
        mean_BD = (encoded.hidden_BSD * mask_BS1).sum(1) / source_B[:, None]
        logits_BO = self.length_offset(mean_BD).float()
        reach = self.options.max_length_offset
        length_BO = source_B[:, None] + torch.arange(-reach, reach + 1, device=source_B.device)
        longest = self.options.max_positions
        possible_BO = (length_BO >= 1) & (length_BO <= longest)
        log_probs_BO = logits_BO.masked_fill(~possible_BO, float("-inf")).log_softmax(1)
        log_probs_BL = log_probs_BO.new_full((len(source_B), longest + 1), float("-inf"))
        # Lengths that the model has not are left at −inf: they all land on column 0.
        return log_probs_BL.scatter(1, length_BO.where(possible_BO, 0), log_probs_BO)

    def token_log_probs(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        """log q(v at t | x, T) as [B, T, V]."""
        return self.word_log_probs(self.decode(encoded, length_B, int(length_B.max())))


def uniform_copy(source_B: Tensor, length_B: Tensor, longest: int) -> Tensor:
    """Which source position each target position copies: round(t·(S−1)/(T−1)), [B, longest]."""
    step_B = (source_B - 1) / (length_B - 1).clamp(min=1)
    positions_T = torch.arange(longest, device=source_B.device)
    copied_BT = (positions_T * step_B[:, None]).round().long()
    return torch.minimum(copied_BT, source_B[:, None] - 1)
