"""Noise prediction: the loss is that of its definition, and a little training nears the exact optimum of a mixture."""

from pathlib import Path

import pytest
import torch
from worlds import subject

from beyond_mle.models.plane_diffusion import PlaneDiffusion
from beyond_mle.objectives.denoising import Denoising
from beyond_mle.tasks.plane import Plane
from beyond_mle.types import Points, VectorSpec
from beyond_mle.yardsticks.noise_error import NoiseError

OBJECTIVE = Denoising(Denoising.Options(), VectorSpec(2))


@pytest.fixture
def model() -> PlaneDiffusion:
    torch.manual_seed(0)
    return PlaneDiffusion(PlaneDiffusion.Options(steps=20, width=32), VectorSpec(2))


def test_the_loss_is_the_squared_error_of_the_noise(model: PlaneDiffusion) -> None:
    points = torch.randn(7, 2, dtype=torch.float64)
    torch.manual_seed(5)
    loss = OBJECTIVE.losses(model, Points(points))["model"]
    torch.manual_seed(5)
    step = torch.randint(1, 21, (7,))
    noise = torch.randn_like(points)
    alpha_bar = model.alpha_bar_T[step][:, None]
    noised = alpha_bar.sqrt() * points + (1 - alpha_bar).sqrt() * noise
    torch.testing.assert_close(loss.total, ((noise - model.predict_noise(noised, step)) ** 2).sum())
    assert loss.count == 7
    assert loss.metrics["loss"].item() == pytest.approx(loss.total.item() / 7)


def test_every_step_is_drawn_equally_often(model: PlaneDiffusion) -> None:
    seen = []
    predict = model.predict_noise

    def spy(noised, step_B):
        seen.append(step_B)
        return predict(noised, step_B)

    model.predict_noise = spy  # type: ignore[method-assign]
    torch.manual_seed(0)
    OBJECTIVE.losses(model, Points(torch.zeros(20_000, 2, dtype=torch.float64)))
    count = torch.cat(seen).bincount()
    assert count[0] == 0
    assert len(count) == 21
    torch.testing.assert_close(count[1:].double(), torch.full((20,), 1000.0, dtype=torch.float64), rtol=0.15, atol=0)


def test_training_nears_the_optimum_of_a_mixture(model: PlaneDiffusion) -> None:
    """To 0.003 with two thousand steps, see the study; here with 234."""
    data = Plane(Plane.Options(mixture_seed=3, grid_step=0.4)).open(Path())
    yardstick = NoiseError(NoiseError.Options(samples=500))

    def errors() -> dict[str, float]:
        return {score.metric: score.value for score in yardstick.measure(subject(data, model, seed=1))}

    before, optimiser = errors(), torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(3):
        for key in data.epoch(epoch, 1, 256):
            loss = OBJECTIVE.losses(model, data.batch(key))["model"]
            optimiser.zero_grad()
            (loss.total / loss.count).backward()
            optimiser.step()
    after = errors()
    assert before["noise-error"] > 0.1
    assert after["noise-error"] < 0.015
    # Twenty steps: thirds of 7, 7 and 6.
    thirds = [after[f"noise-error-{part}"] for part in ("early", "middle", "late")]
    assert after["noise-error"] == pytest.approx((7 * thirds[0] + 7 * thirds[1] + 6 * thirds[2]) / 20)
