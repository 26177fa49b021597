"""The true targets of a batch of regression, and noise around them. B: items. M: targets for each. K: Gaussians."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from beyond_mle.errors import UserError
from beyond_mle.types import Regression


def true_targets(batch: Regression, like: Tensor) -> Tensor:
    """The target of each item as a column [B, 1], of the type of `like`.

    Raises:
        UserError: if one is not a finite number.
    """
    if not batch.target_B.isfinite().all():
        raise UserError("a target of the training data is not a finite number: correct it, or leave its row out")
    return batch.target_B[:, None].to(like)


class TargetNoise:
    """Gaussians around given targets, in equal shares: a `Conditional` of the target itself."""

    def __init__(self, sds: Sequence[float]):
        self.sds = list(sds)

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log density at M targets around each true one [B, 1], [B, M]."""
        sd_K = input_BX.new_tensor(self.sds)
        z_BMK = (target_BM - input_BX)[..., None] / sd_K
        log_density_BMK = -z_BMK.square() / 2 - sd_K.log() - math.log(2 * math.pi) / 2
        return log_density_BMK.logsumexp(-1) - math.log(len(self.sds))

    def conditional_sample(self, input_BX: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n targets around each true one [B, 1], [B, n]."""
        shape, device = (len(input_BX), n), input_BX.device
        sd_K = input_BX.new_tensor(self.sds)
        sd_BM = sd_K[torch.randint(len(self.sds), shape, generator=generator, device=device)]
        return input_BX + sd_BM * torch.randn(shape, generator=generator, device=device, dtype=input_BX.dtype)
