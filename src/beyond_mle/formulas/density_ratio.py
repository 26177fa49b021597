"""JS_π through the logarithm s = log p/q of the density ratio: what a sample of q earns, and how s is learnt.

    ∇ JS_π[P‖Q] = −(1−π) ∇ E_q[log(1 − π + π eˢ)],   where s is held fixed.

So a generator maximises the reward log(1 − π + π eˢ): over π for π → 0 it is eˢ − 1, the importance weight of maximum
likelihood; for π → 1 it is s, the reverse KL.

A discriminator that is trained on as many samples of p as of q has the optimal logit s. The optimal one for any other
share π of p has the logit s + log π − log(1−π), so that one balanced discriminator serves every π. B: samples.
"""

import torch
from torch import Tensor
from torch.nn import functional


def reward(logit_B: Tensor, pi: Tensor) -> Tensor:
    """log(1 − π + π eˢ) of samples of q, from s; π is a scalar tensor. Where p is 0, s = −∞ earns log(1 − π)."""
    return torch.logaddexp(torch.log1p(-pi), pi.log() + logit_B)


def balanced_loss(logit_p_B: Tensor, logit_q_B: Tensor) -> Tensor:
    """−log σ(s) of samples of p plus −log(1−σ(s)) of as many samples of q; its expectation is least at s = log p/q."""
    return functional.softplus(-logit_p_B) + functional.softplus(logit_q_B)
