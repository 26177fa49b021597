"""The generator network gives seeded, differentiable samples."""

import torch

from beyond_mle.models.plane_generator import PlaneGenerator
from beyond_mle.types import VectorSpec


def make() -> PlaneGenerator:
    torch.manual_seed(0)
    return PlaneGenerator(PlaneGenerator.Options(width=8), VectorSpec(2)).double()


def test_samples_follow_the_generator_and_reach_every_parameter():
    model = make()
    first, again = (model.sample(100, torch.Generator().manual_seed(1)) for _ in range(2))
    assert first.shape == (100, 2)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    gradients = torch.autograd.grad(first.square().sum(), list(model.parameters()))
    assert all(gradient.abs().max() > 0 for gradient in gradients)
