"""The gradient that samples of a mixture of Gaussians have in its parameters, although a component is chosen.

Implicit reparametrisation (Graves 2016; Figurnov et al. 2018): where a sample would move is what keeps its cumulative
probability. One coordinate at a time, given those before, that is dx = −dF(x) / q(x), F the conditional cumulative
distribution function and q the conditional density. N: samples; K: components; D: coordinates.
"""

import torch
from torch import Tensor


def with_gradient(point_ND: Tensor, log_weight_K: Tensor, mean_KD: Tensor, factor_KDD: Tensor) -> Tensor:
    """The same points, with their gradient in the parameters.

    Args:
        point_ND: samples.
        log_weight_K: of the components.
        mean_KD: their means.
        factor_KDD: L of their covariances L Lᵀ, lower triangular with a positive diagonal.
    """
    log_weight_NK = log_weight_K.expand(len(point_ND), -1)
    moved: list[Tensor] = []
    noise: list[Tensor] = []
    for d, x_N in enumerate(point_ND.unbind(1)):
        centre_NK = mean_KD[:, d] + sum((factor_KDD[:, d, e] * noise[e] for e in range(d)), torch.zeros(()))
        scale_K = factor_KDD[:, d, d]
        standard = torch.distributions.Normal(centre_NK, scale_K.expand_as(centre_NK), validate_args=False)
        share_NK = log_weight_NK.softmax(1)
        cumulative_N = (share_NK * standard.cdf(x_N[:, None])).sum(1)
        density_N = (share_NK * standard.log_prob(x_N[:, None]).exp()).sum(1).detach()
        moved_N = x_N - (cumulative_N - cumulative_N.detach()) / density_N
        moved.append(moved_N)
        noise.append((moved_N[:, None] - centre_NK) / scale_K)
        log_weight_NK = log_weight_NK + standard.log_prob(moved_N[:, None])
    return torch.stack(moved, 1)
