"""Inference in a hidden Markov chain z_1 … z_T: filtering, posteriors and the likeliest path, in batches.

Everything takes a score log p(y_t | z_t = k) of each state at each position, whatever y is; a position at which nothing
is seen, such as padding, has the score 0 for all states. Sums over states are matrix products of probabilities that are
normalised at each step, with scores relative to the largest: as exact as sums of logarithms, and far faster. Values are
in nats. B: sequences. T: positions. K: states.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


def filtered(start_K: Tensor, transition_KK: Tensor, log_score_BTK: Tensor) -> tuple[Tensor, Tensor]:
    """What is expected before each position is seen, and how likely it is; differentiable.

    Args:
        start_K: p(z_1).
        transition_KK: p(z_{t+1} = j | z_t = i) in row i.
        log_score_BTK: log p(y_t | z_t).

    Returns:
        p(z_t | y_<t), [B, T, K], and log p(y_t | y_<t), [B, T]: −∞, with a gradient of 0, of what cannot be.
    """
    score_BTK, top_BT = _relative(log_score_BTK)
    predicted_BK = start_K.expand(len(score_BTK), -1)
    predicted, evidence = [], []
    for score_BK in score_BTK.unbind(1):
        joint_BK = predicted_BK * score_BK
        evidence_B = joint_BK.sum(1)
        predicted.append(predicted_BK)
        evidence.append(evidence_B)
        predicted_BK = (joint_BK / _nonzero(evidence_B)[:, None]) @ transition_KK
    return torch.stack(predicted, 1), log(torch.stack(evidence, 1)) + top_BT


@dataclass(frozen=True)
class Posterior:
    """What sequences say of their hidden states."""

    log_evidence_BT: Tensor
    """log p(y_t | y_<t)."""
    state_BTK: Tensor
    """p(z_t | y); 0 throughout of a sequence that cannot be."""
    seen_BTK: Tensor
    """p(z_t | y_≤t)."""
    ahead_BTK: Tensor
    """p(y_≥t | z_t) / p(y_≥t | y_<t)."""
    transition_KK: Tensor

    def transitions(self, weight_BT: Tensor) -> Tensor:
        """Σ weight · p(z_{t−1} = i, z_t = j | y) over all sequences and all positions t but the first, [K, K]."""
        ahead_TBK = (self.ahead_BTK * weight_BT[:, :, None]).transpose(0, 1)[1:]
        seen_TBK = self.seen_BTK.transpose(0, 1)[:-1]
        return self.transition_KK * (seen_TBK.flatten(0, 1).T @ ahead_TBK.flatten(0, 1))


def posterior(start_K: Tensor, transition_KK: Tensor, log_score_BTK: Tensor) -> Posterior:
    """The forward and the backward pass, without a gradient; arguments as in `filtered`."""
    ahead_BTK, top_BT = _relative(log_score_BTK)
    seen_BTK, state_BTK, evidence_BT = (
        torch.empty_like(ahead_BTK),
        torch.empty_like(ahead_BTK),
        torch.empty_like(top_BT),
    )
    predicted_BK = start_K.expand(len(top_BT), -1)
    for seen_BK, score_BK, evidence_B in zip(*(x.unbind(1) for x in (seen_BTK, ahead_BTK, evidence_BT)), strict=True):
        torch.mul(predicted_BK, score_BK, out=seen_BK)
        torch.sum(seen_BK, 1, out=evidence_B)
        share_B1 = 1 / _nonzero(evidence_B)[:, None]
        seen_BK *= share_B1
        score_BK *= share_B1
        predicted_BK = seen_BK @ transition_KK
    later_BK = torch.ones_like(predicted_BK)
    for t in reversed(range(top_BT.shape[1])):
        torch.mul(seen_BTK[:, t], later_BK, out=state_BTK[:, t])
        ahead_BK = ahead_BTK[:, t].mul_(later_BK)
        later_BK = ahead_BK @ transition_KK.T
    return Posterior(log(evidence_BT) + top_BT, state_BTK, seen_BTK, ahead_BTK, transition_KK)


def likeliest_path(
    log_start_K: Tensor, log_transition_KK: Tensor, log_score_BTK: Tensor, mask_BT: Tensor
) -> tuple[Tensor, Tensor]:
    """Viterbi's algorithm.

    Args:
        log_start_K: log p(z_1).
        log_transition_KK: log p(z_{t+1} = j | z_t = i) in row i.
        log_score_BTK: log p(y_t | z_t).
        mask_BT: which positions there are; each sequence has its first ones.

    Returns:
        The path z of the greatest p(y, z), [B, T], −1 behind its end; and log p(y, z), [B].
    """
    best_BK = log_start_K + log_score_BTK[:, 0]
    stay_K = torch.arange(len(log_start_K), device=best_BK.device)
    came_from = []
    for t in range(1, log_score_BTK.shape[1]):
        reached_BK, from_BK = (best_BK[:, :, None] + log_transition_KK).max(1)
        there_B1 = mask_BT[:, t, None]
        best_BK = torch.where(there_B1, reached_BK + log_score_BTK[:, t], best_BK)
        came_from.append(torch.where(there_B1, from_BK, stay_K))
    log_prob_B, state_B = best_BK.max(1)
    path = [state_B]
    for from_BK in reversed(came_from):
        path.append(from_BK.gather(1, path[-1][:, None])[:, 0])
    return torch.stack(path[::-1], 1).where(mask_BT, -1), log_prob_B


def log(value: Tensor) -> Tensor:
    """log; −∞ with a gradient of 0, where autograd would have none, at 0."""
    return torch.where(value > 0, _nonzero(value).log(), -torch.inf)


def _nonzero(value: Tensor) -> Tensor:
    """1 in place of 0, to divide by."""
    return torch.where(value > 0, value, 1.0)


def _relative(log_score_BTK: Tensor) -> tuple[Tensor, Tensor]:
    """Scores relative to the largest of a position, which is a constant; and its logarithm (0 where all are 0)."""
    top_BT = log_score_BTK.detach().amax(2)
    top_BT = torch.where(top_BT.isfinite(), top_BT, 0.0)
    return (log_score_BTK - top_BT[:, :, None]).exp(), top_BT
