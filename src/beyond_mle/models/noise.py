"""Noise that models turn into samples."""

import torch
from torch import Tensor


def standard_normal(n: int, dimensions: int, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """z ~ N(0, I) as [n, D], of the type and on the device of `like`; drawn where the generator is, if there is one."""
    where = like.device if generator is None else generator.device
    return torch.randn((n, dimensions), generator=generator, dtype=like.dtype, device=where).to(like.device)
