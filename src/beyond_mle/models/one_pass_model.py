"""What the models that predict the output's length first have in common: the length predictor.

q(y, T|x) = q(T|x) Π_t q(y_t | x, T): given the length, all tokens are predicted at once. Models differ in what stands
at their decoder's input.
"""

from abc import abstractmethod

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.factorised_model import FactorisedModel
from beyond_mle.models.layers import TransformerOptions
from beyond_mle.symbols import PAD, UNK
from beyond_mle.text.padding import inside
from beyond_mle.types import Encoded, TextSpec


class OnePassOptions(TransformerOptions):
    """Sizes of an encoder-decoder that predicts its output length."""

    max_length_offset: int = Field(default=127, gt=0)
    """The length predictor chooses T − S among −max … +max (official code: 256 classes)."""


class OnePassModel(FactorisedModel):
    """Encoder, length predictor by offset, and a decoder without causal mask."""

    Options = OnePassOptions
    options: OnePassOptions
    first_output = UNK
    boundary = 2

    def __init__(self, options: OnePassOptions, spec: TextSpec):
        super().__init__(options, spec)
        self.length_offset = nn.Linear(options.width, 2 * options.max_length_offset + 1, bias=False)
        nn.init.normal_(self.length_offset.weight, std=options.width**-0.5)

    @abstractmethod
    def decoder_input(self, encoded: Encoded, length_B: Tensor, longest: int) -> Tensor:
        """The ids at the decoder's input where only the output's length is known, [B, longest]."""

    def predictions(self, encoded: Encoded, target_BT: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Every position predicts its own token from the source alone; `target_BT` gives only the length."""
        mask_BT = target_BT != PAD
        input_BT = self.decoder_input(encoded, mask_BT.sum(1), target_BT.shape[1])
        return self.decode(encoded, input_BT, mask_BT), target_BT, mask_BT

    def token_log_probs(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        """log q(v at t | x, T) as [B, T, V]."""
        longest = int(length_B.max())
        input_BT = self.decoder_input(encoded, length_B, longest)
        return self.word_log_probs(self.decode(encoded, input_BT, inside(length_B, longest)))

    def length_log_prob(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        """log q(T|x) of the given lengths; a length beyond the reach of the offsets counts as the nearest one."""
        log_probs_BL = self.length_log_probs(encoded)
        source_B = encoded.mask_BS.sum(1)
        reach = self.options.max_length_offset
        farthest_B = (source_B + reach).clamp(max=self.options.max_positions)
        nearest_B = torch.minimum(torch.maximum(length_B, (source_B - reach).clamp(min=1)), farthest_B)
        return log_probs_BL.gather(1, nearest_B[:, None])[:, 0]

    def length_log_probs(self, encoded: Encoded) -> Tensor:
        """log q(T|x) as [B, L], column t for length t: a softmax over the offsets to lengths that the model has."""
        source_B = encoded.mask_BS.sum(1)
        logits_BO = self.length_offset(encoded.mean_BD).float()
        reach = self.options.max_length_offset
        length_BO = source_B[:, None] + torch.arange(-reach, reach + 1, device=source_B.device)
        longest = self.options.max_positions
        possible_BO = (length_BO >= 1) & (length_BO <= longest)
        log_probs_BO = logits_BO.masked_fill(~possible_BO, float("-inf")).log_softmax(1)
        log_probs_BL = log_probs_BO.new_full((len(source_B), longest + 1), float("-inf"))
        # Lengths that the model has not are left at −inf: they all land on column 0.
        return log_probs_BL.scatter(1, length_BO.where(possible_BO, 0), log_probs_BO)
