"""The parts that the text models share: embeddings, attention, encoder and decoder layers, token log-probabilities.

Pre-norm Transformer layers (Xiong et al. 2020) on fused projections and PyTorch's scaled dot-product attention.
Letters: B batch, H heads, S source and T target positions, K keys, D width, N positions end to end, V vocabulary.
"""

import math
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from beyond_mle.errors import UserError
from beyond_mle.options import Options
from beyond_mle.symbols import PAD
from beyond_mle.types import Encoded


class TransformerOptions(Options):
    """Sizes of an encoder-decoder."""

    width: int = Field(default=512, gt=0)
    """Of embeddings and hidden states."""
    heads: int = Field(default=8, gt=0)
    """Attention heads; must divide the width."""
    feedforward: int = Field(default=2048, gt=0)
    """Inner width of the feed-forward layers."""
    encoder_layers: int = Field(default=6, gt=0)
    """Layers of the encoder."""
    decoder_layers: int = Field(default=6, gt=0)
    """Layers of the decoder."""
    max_positions: int = Field(default=256, gt=0)
    """The longest source or target, boundary symbols included."""


class Attention(nn.Module):
    """Multi-head attention with one fused projection for the queries, keys and values that share an input."""

    def __init__(self, width: int, heads: int, over_source: bool = False):
        super().__init__()
        if width % heads:
            raise UserError(f"model width {width} is not a multiple of its {heads} heads")
        self.heads = heads
        self.over_source = over_source
        if over_source:
            self.query = nn.Linear(width, width)
            self.key_value = nn.Linear(width, 2 * width)
        else:
            self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def split(self, projected_BTM: Tensor) -> Tensor:
        """[B, T, n·D] → [n, B, H, T, D/H]."""
        batch, length, total = projected_BTM.shape
        parts = total // self.output.in_features
        head_width = self.output.in_features // self.heads
        return projected_BTM.view(batch, length, parts, self.heads, head_width).permute(2, 0, 3, 1, 4)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool = False) -> Tensor:
        """Attention of [B, H, T, d] queries to [B, H, K, d] keys; `mask` is true where a key may be seen."""
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        return self.output(mixed.transpose(1, 2).flatten(2))

    def forward(self, x_BTD: Tensor, mask: Tensor | None, causal: bool = False) -> Tensor:
        """Self-attention."""
        query, key, value = self.split(self.query_key_value(x_BTD))
        return self.attend(query, key, value, mask, causal)

    def forward_source(self, x_BTD: Tensor, source_BSD: Tensor, mask: Tensor) -> Tensor:
        """Attention to the encoded source."""
        (query,), (key, value) = self.split(self.query(x_BTD)), self.split(self.key_value(source_BSD))
        return self.attend(query, key, value, mask)


class FeedForward(nn.Sequential):
    """Two linear layers with a ReLU between."""

    def __init__(self, width: int, inner: int):
        super().__init__(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))


class _Layer(nn.Module):
    """The parts that the layers of encoder and decoder have in common."""

    def __init__(self, options: TransformerOptions):
        super().__init__()
        self.self_attention = Attention(options.width, options.heads)
        self.feedforward = FeedForward(options.width, options.feedforward)
        self.self_norm = nn.LayerNorm(options.width)
        self.feedforward_norm = nn.LayerNorm(options.width)
        self.dropout = nn.Dropout(0.0)


class EncoderLayer(_Layer):
    """Self-attention, then feed-forward, each on a normalised input and added to the residual stream."""

    def forward(self, x_BSD: Tensor, mask_B11S: Tensor) -> Tensor:
        """One layer; padding positions are computed but never attended to."""
        x_BSD = x_BSD + self.dropout(self.self_attention(self.self_norm(x_BSD), mask_B11S))
        return x_BSD + self.dropout(self.feedforward(self.feedforward_norm(x_BSD)))


class DecoderLayer(_Layer):
    """An encoder layer with attention to the source between its two parts."""

    def __init__(self, options: TransformerOptions):
        super().__init__(options)
        self.source_attention = Attention(options.width, options.heads, over_source=True)
        self.source_norm = nn.LayerNorm(options.width)

    def forward(
        self,
        x_BTD: Tensor,
        mask: Tensor | None,
        source_BSD: Tensor,
        source_mask_B11S: Tensor,
        causal: bool = False,
    ) -> Tensor:
        """One layer over all target positions at once."""
        x_BTD = x_BTD + self.dropout(self.self_attention(self.self_norm(x_BTD), mask, causal))
        attended = self.source_attention.forward_source(self.source_norm(x_BTD), source_BSD, source_mask_B11S)
        x_BTD = x_BTD + self.dropout(attended)
        return x_BTD + self.dropout(self.feedforward(self.feedforward_norm(x_BTD)))


class Embedding(nn.Module):
    """Token embeddings, shared by source, target and output layer, plus learned positions."""

    def __init__(self, vocabulary_size: int, options: TransformerOptions):
        super().__init__()
        self.token = nn.Embedding(vocabulary_size, options.width, padding_idx=PAD)
        self.position = nn.Embedding(options.max_positions, options.width)
        self.dropout = nn.Dropout(0.0)
        self.scale = math.sqrt(options.width)
        nn.init.normal_(self.token.weight, std=options.width**-0.5)
        nn.init.normal_(self.position.weight, std=options.width**-0.5)
        nn.init.zeros_(self.token.weight[PAD])

    def at_positions(self, x_BTD: Tensor, first: int = 0) -> Tensor:
        """Add the positions `first`, `first`+1, … to scaled token embeddings.

        Raises:
            UserError: if the sequence is longer than the model's `max_positions`.
        """
        last = first + x_BTD.shape[1]
        if last > self.position.num_embeddings:
            limit = self.position.num_embeddings
            raise UserError(f"a sequence of {last} tokens exceeds the model's max_positions = {limit}")
        return self.dropout(x_BTD + self.position.weight[first:last] * self.scale)

    def forward(self, ids_BT: Tensor, first: int = 0) -> Tensor:
        """Embed ids that stand at positions `first`, `first`+1, …"""
        return self.at_positions(self.token(ids_BT) * self.scale, first)


class Encoder(nn.Module):
    """The source side, the same for every text model."""

    def __init__(self, embedding: Embedding, options: TransformerOptions):
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(EncoderLayer(options) for _ in range(options.encoder_layers))
        self.norm = nn.LayerNorm(options.width)

    def forward(self, source_BS: Tensor) -> Encoded:
        """Encode sources that are padded with PAD."""
        mask_BS = source_BS != PAD
        x_BSD = self.embedding(source_BS)
        for layer in self.layers:
            x_BSD = layer(x_BSD, mask_BS[:, None, None, :])
        return Encoded(self.norm(x_BSD), mask_BS, source_BS)


class _TokenLogProbs(torch.autograd.Function):
    """log softmax(h·Wᵀ) at given targets, and its mean over the vocabulary, one chunk of positions at a time.

    Keeps only the log-normaliser of each position; the backward pass projects each chunk again. So memory does not
    grow with the vocabulary, and on CPUs the small chunks stay in cache.
    """

    CHUNK = 1024  # positions: 1024 × 8000 float32 logits are 32 MB

    @staticmethod
    def forward(ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> tuple[Tensor, Tensor]:
        target_log_probs, uniform_log_probs, normalisers = [], [], []
        weight_mean_D = weight_VD.mean(0)
        for hidden, target in zip(
            hidden_ND.split(_TokenLogProbs.CHUNK), target_N.split(_TokenLogProbs.CHUNK), strict=True
        ):
            logits = hidden @ weight_VD.T
            normaliser = logits.logsumexp(1)
            target_log_probs.append(logits.gather(1, target[:, None])[:, 0] - normaliser)
            uniform_log_probs.append(hidden @ weight_mean_D - normaliser)
            normalisers.append(normaliser)
        ctx.save_for_backward(hidden_ND, weight_VD, target_N, torch.cat(normalisers))
        return torch.cat(target_log_probs), torch.cat(uniform_log_probs)

    @staticmethod
    def backward(ctx: Any, grad_target_N: Tensor, grad_uniform_N: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden_ND, weight_VD, target_N, normaliser_N = ctx.saved_tensors
        grad_hidden_ND = torch.empty_like(hidden_ND)
        grad_weight_VD = torch.zeros_like(weight_VD)
        per_word_N = grad_uniform_N / len(weight_VD)
        for start in range(0, len(hidden_ND), _TokenLogProbs.CHUNK):
            chunk = slice(start, start + _TokenLogProbs.CHUNK)
            hidden = hidden_ND[chunk]
            probs = (hidden @ weight_VD.T).sub_(normaliser_N[chunk, None]).exp_()
            grad_logits = probs.mul_(-(grad_target_N + grad_uniform_N)[chunk, None]).add_(per_word_N[chunk, None])
            grad_logits.scatter_add_(1, target_N[chunk, None], grad_target_N[chunk, None])
            grad_hidden_ND[chunk] = grad_logits @ weight_VD
            grad_weight_VD.addmm_(grad_logits.T, hidden)
        return grad_hidden_ND, grad_weight_VD, None


def token_log_probs(hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> tuple[Tensor, Tensor]:
    """log q(target) at each position, and the mean of log q over the vocabulary (for label smoothing).

    Computed in float32 at least, outside autocast, without keeping an [N, V] tensor.
    """
    with torch.autocast(hidden_ND.device.type, enabled=False):
        dtype = torch.promote_types(weight_VD.dtype, torch.float32)
        return _TokenLogProbs.apply(hidden_ND.to(dtype), weight_VD.to(dtype), target_N)


def token_entropies(hidden_ND: Tensor, weight_VD: Tensor) -> Tensor:
    """The entropy of softmax(h·Wᵀ) in nats at each position, chunk by chunk."""
    entropies = []
    for hidden in hidden_ND.float().split(_TokenLogProbs.CHUNK):
        log_probs = F.log_softmax(hidden @ weight_VD.float().T, dim=1)
        entropies.append(-(log_probs.exp() * log_probs).sum(1))
    return torch.cat(entropies)
