"""Discriminators: s(x) = log p(x)/q(x), learnt from samples of both. One for each kind of data.

`discriminator` makes it. A discriminator maps a batch to a logit per item [B].
"""

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.errors import UserError
from beyond_mle.models.layers import Embedding, Encoder, TransformerOptions
from beyond_mle.models.perceptron import perceptron
from beyond_mle.options import Options as BaseOptions
from beyond_mle.options import parse
from beyond_mle.symbols import PAD
from beyond_mle.text.padding import ended
from beyond_mle.types import Points, Spec, TextBatch, TextSpec, VectorSpec


class TextDiscriminator(nn.Module):
    """s(x, y) from `x EOS y EOS`: an encoder over both, the mean of its states, and a linear layer."""

    class Options(BaseOptions):
        """A small Transformer encoder."""

        width: int = Field(default=64, gt=0)
        """Of embeddings and hidden states."""
        heads: int = Field(default=4, gt=0)
        """Attention heads; must divide the width."""
        feedforward: int = Field(default=128, gt=0)
        """Inner width of the feed-forward layers."""
        layers: int = Field(default=2, gt=0)
        """How many."""
        max_positions: int = Field(default=512, gt=0)
        """The longest source and target together, each with its EOS."""

    def __init__(self, options: Options, spec: TextSpec):
        super().__init__()
        sizes = TransformerOptions(
            encoder_layers=options.layers,
            **options.model_dump(include={"width", "heads", "feedforward", "max_positions"}),
        )
        self.encoder = Encoder(Embedding(spec.vocabulary_size, sizes), sizes)
        self.output = nn.Linear(options.width, 1)

    def forward(self, batch: TextBatch) -> Tensor:
        """The logit s of each pair [B], in float32 at least."""
        ids_BT = torch.cat([batch.source_BS, ended(batch.target_BT)], dim=1)
        order_BT = (ids_BT == PAD).long().argsort(dim=1, stable=True)  # the padding between them to the end
        encoded = self.encoder(ids_BT.gather(1, order_BT))
        logit_B = self.output(encoded.mean_BD)[:, 0]
        return logit_B.to(torch.promote_types(logit_B.dtype, torch.float32))


class PointDiscriminator(nn.Module):
    """s(x) of a point: a network of two hidden layers."""

    class Options(BaseOptions):
        """Its size."""

        width: int = Field(default=32, gt=0)
        """Units of either hidden layer."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        self.network = perceptron(spec.dimensions, options.width, 1)

    def forward(self, batch: Points) -> Tensor:
        """The logit s of each point [B]."""
        return self.network(batch.point_BD.to(next(self.parameters()).dtype))[:, 0]


_KINDS: dict[type[Spec], Any] = {TextSpec: TextDiscriminator, VectorSpec: PointDiscriminator}


def discriminator(options: Mapping[str, Any], spec: Spec) -> nn.Module:
    """The discriminator for a kind of data.

    Args:
        options: of that kind.
        spec: of the data.

    Raises:
        UserError: if there is none for this kind of data, or an option is wrong.
    """
    kind = _KINDS.get(type(spec))
    if kind is None:
        raise UserError(f"there is no discriminator for data of the kind {type(spec).__name__}")
    return kind(parse(kind.Options, options, "discriminator"), spec)
