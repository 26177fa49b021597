import pytest
import torch

from beyond_mle.decoding.points import PointSamples
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.models.plane_generator import PlaneGenerator
from beyond_mle.types import VectorSpec


@pytest.mark.parametrize("kind", [IsotropicGaussian, PlaneGenerator])
def test_its_outputs_are_the_model_s_samples(kind):
    model = kind(kind.Options(), VectorSpec(2))
    seeded = [torch.Generator().manual_seed(3) for _ in range(2)]
    [points] = PointSamples(PointSamples.Options(samples=7)).outputs(model, None, "test", 64, seeded[0])
    assert points == model.sample(7, seeded[1]).tolist()
    assert len(points) == 7


def test_there_is_one_thing_to_model_and_a_thousand_points_by_default():
    model = IsotropicGaussian(IsotropicGaussian.Options(mean=[3.0, 0.0]), VectorSpec(2))
    outputs = PointSamples(PointSamples.Options()).outputs(model, None, "test", 1, torch.Generator().manual_seed(0))
    points = torch.tensor(outputs)
    assert points.shape == (1, 1000, 2)
    torch.testing.assert_close(points.mean((0, 1)), torch.tensor([3.0, 0.0]), rtol=0, atol=0.15)
