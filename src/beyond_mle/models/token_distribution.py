"""Functions of the distribution softmax(h·Wᵀ) at each position, without a tensor as large as positions × vocabulary.

Positions are taken in chunks. Of each position only its log-normaliser and the values themselves are kept; the backward
pass projects each chunk again. Letters: N positions, V vocabulary, D width, W chosen words.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK = 1024
"""Positions at a time: 1024 × 8000 float32 logits are 32 MB."""

Values = tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]
"""log q(target) [N]; log q of chosen words [N, W], Σ_v q(v)² [N] and the entropy in nats [N], if asked for."""


class _TokenDistribution(torch.autograd.Function):
    """The values of `Values`, with the gradient of each in the logits z.

    ∂ log q_y/∂z_v = 1[v = y] − q_v;  ∂ Σq²/∂z_v = 2 q_v (q_v − Σq²);  ∂H/∂z_v = −q_v (log q_v + H).
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden_ND: Tensor,
        weight_VD: Tensor,
        target_N: Tensor,
        word_NW: Tensor | None,
        collision: bool,
        entropy: bool,
    ) -> tuple[Tensor | None, ...]:
        parts = []
        for chunk in _chunks(len(hidden_ND)):
            log_q = hidden_ND[chunk] @ weight_VD.T
            normaliser = log_q.logsumexp(1)
            log_q.sub_(normaliser[:, None])
            q = log_q.exp() if collision or entropy else None
            parts.append(
                (
                    normaliser,
                    log_q.gather(1, target_N[chunk, None])[:, 0],
                    None if word_NW is None else log_q.gather(1, word_NW[chunk]),
                    q.square().sum(1) if q is not None and collision else None,
                    -(q * log_q).sum(1) if q is not None and entropy else None,
                )
            )
        normaliser_N, *values = (None if part[0] is None else torch.cat(part) for part in zip(*parts, strict=True))
        ctx.save_for_backward(hidden_ND, weight_VD, target_N, word_NW, normaliser_N, *values[2:])
        ctx.set_materialize_grads(False)
        return tuple(values)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,
        grad_target_N: Tensor | None,
        grad_word_NW: Tensor | None,
        grad_collision_N: Tensor | None,
        grad_entropy_N: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        hidden_ND, weight_VD, target_N, word_NW, normaliser_N, collision_N, entropy_N = ctx.saved_tensors
        grad_hidden_ND = torch.empty_like(hidden_ND)
        grad_weight_VD = torch.zeros_like(weight_VD)
        for chunk in _chunks(len(hidden_ND)):
            log_q = (hidden_ND[chunk] @ weight_VD.T).sub_(normaliser_N[chunk, None])
            q = log_q.exp()
            # The gradient in z_v is q_v times a factor: first its part that is the same for all v.
            factor = torch.zeros_like(normaliser_N[chunk, None])
            if grad_target_N is not None:
                factor = factor - grad_target_N[chunk, None]
            if grad_word_NW is not None:
                factor = factor - grad_word_NW[chunk].sum(1, keepdim=True)
            if grad_collision_N is not None:
                factor = factor - 2 * (grad_collision_N * collision_N)[chunk, None]
            if grad_entropy_N is not None:
                factor = factor - (grad_entropy_N * entropy_N)[chunk, None]
                factor = factor - log_q.mul_(grad_entropy_N[chunk, None])
            if grad_collision_N is not None:
                factor = torch.addcmul(factor, q, grad_collision_N[chunk, None], value=2)
            grad_logits = q.mul_(factor)
            if grad_target_N is not None:
                grad_logits.scatter_add_(1, target_N[chunk, None], grad_target_N[chunk, None])
            if grad_word_NW is not None:
                grad_logits.scatter_add_(1, word_NW[chunk], grad_word_NW[chunk])
            grad_hidden_ND[chunk] = grad_logits @ weight_VD
            grad_weight_VD.addmm_(grad_logits.T, hidden_ND[chunk])
        return grad_hidden_ND, grad_weight_VD, None, None, None, None


def _chunks(positions: int) -> list[slice]:
    """Slices of at most `CHUNK` positions; an empty one where there are none."""
    return [slice(start, start + CHUNK) for start in range(0, max(positions, 1), CHUNK)]


def token_distribution(
    hidden_ND: Tensor,
    weight_VD: Tensor,
    target_N: Tensor,
    word_NW: Tensor | None = None,
    *,
    collision: bool = False,
    entropy: bool = False,
) -> Values:
    """What is asked for of softmax(h·Wᵀ) at each position, in float32 at least, outside autocast.

    Args:
        hidden_ND: h.
        weight_VD: W.
        target_N: the row of W of the predicted token.
        word_NW: rows of W of further words, where their log q is asked for; rows below 0 stand for words that the
            model cannot produce: their log q is −inf, with a gradient of 0.
        collision: whether Σ_v q(v)² is asked for.
        entropy: whether the entropy is asked for.
    """
    row_NW = None if word_NW is None else word_NW.clamp(min=0)
    with torch.autocast(hidden_ND.device.type, enabled=False):
        dtype = torch.promote_types(weight_VD.dtype, torch.float32)
        log_q_N, word_log_q_NW, collision_N, entropy_N = _TokenDistribution.apply(
            hidden_ND.to(dtype), weight_VD.to(dtype), target_N, row_NW, collision, entropy
        )
    if word_NW is not None:
        word_log_q_NW = word_log_q_NW.where(word_NW >= 0, -torch.inf)
    return log_q_N, word_log_q_NW, collision_N, entropy_N
