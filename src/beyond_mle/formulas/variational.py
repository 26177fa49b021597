"""The variational identity: the logarithm of a sum over hidden values is a maximum over distributions of them.

    log Σ_z g(z)  =  max_q Σ_z q(z) log g(z) + H(q),   at q(z) = g(z) / Σ g,

and any other q falls short of it by KL(q ‖ g/Σg). With g(z) = p(x, z) the left side is log p(x), and the bound what EM
and variational auto-encoders raise. Values are in nats; K: hidden values, along the last axis.
"""

import torch
from torch import Tensor


def bound(log_g_K: Tensor, q_K: Tensor) -> Tensor:
    """Σ q log g + H(q): at most log Σ g, whatever q; hidden values that q leaves out do not count."""
    term_K = torch.where(q_K > 0, q_K * log_g_K, 0.0)
    return (term_K + torch.special.entr(q_K)).sum(-1)


def posterior(log_g_K: Tensor) -> Tensor:
    """g/Σg, the q at which the bound is the sum itself."""
    return log_g_K.softmax(-1)


def shortfall(log_g_K: Tensor, q_K: Tensor) -> Tensor:
    """KL(q ‖ g/Σg): by how much the bound falls short of log Σ g."""
    term_K = torch.where(q_K > 0, q_K * log_g_K.log_softmax(-1), 0.0)
    return -(term_K + torch.special.entr(q_K)).sum(-1)
