"""Predictions and samples, against the model's own mean, mode and distribution."""

import math

import pytest
import torch
from regression_worlds import Known, data, regression_subject
from worlds import measured

from beyond_mle.yardsticks.prediction import Prediction

DATA = data()
X = DATA.split("test").input_BX.double()
Y = DATA.split("test").target_B.double()
MEAN, SD = X.sin()[:, 0], 0.15 * X.sigmoid()[:, 0]


def measure(outputs):
    subject = regression_subject(DATA, Known(DATA), outputs={"own": outputs.tolist()})
    found = measured(Prediction(Prediction.Options(points=4096)).measure(subject))
    return {metric: score.value for (decoder, metric), score in found.items() if decoder == "own"}


def test_the_exact_mean_is_without_error():
    found = measure(MEAN[:, None])
    assert found["mean-error"] == pytest.approx(0, abs=1e-5)
    assert found["mode-gap"] == pytest.approx(0, abs=1e-4)
    assert found["squared-error"] == pytest.approx((MEAN - Y).square().mean().item(), rel=1e-5)


def test_a_prediction_one_deviation_off_has_half_a_nat_less():
    found = measure((MEAN + SD)[:, None])
    assert found["mean-error"] == pytest.approx(SD.mean().item(), rel=1e-3)
    assert found["mode-gap"] == pytest.approx(0.5, abs=2e-3)


def test_samples_of_the_model_are_near_it_and_others_are_not():
    noise = torch.randn(50, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    right = measure(MEAN[:, None] + SD[:, None] * noise)
    assert set(right) == {"sample-distance"}
    assert right["sample-distance"] < 0.03  # 1.36 / √2000
    shifted = measure(MEAN[:, None] + SD[:, None] * (noise + 1))
    expected = math.erf(0.5 / math.sqrt(2))  # the largest distance of N(0, 1) and N(1, 1)
    assert shifted["sample-distance"] == pytest.approx(expected, abs=0.04)
