"""NLL and divergences of regression by quadrature, against closed forms."""

import math

import numpy as np
import pytest
import torch
from regression_worlds import Known, KnownDensity, data, regression_subject
from worlds import from_items, measured

from beyond_mle.errors import UserError
from beyond_mle.yardsticks.conditional_density import ConditionalDensity

DATA = data()
SHIFT = 0.05


def measure(model, of=DATA, **rest):
    found = measured(ConditionalDensity(ConditionalDensity.Options()).measure(regression_subject(of, model, **rest)))
    for score in found.values():
        assert score.value == pytest.approx(from_items(score))
        assert len(score.items_IF) == rest.get("limit", 50)
    return {metric: score.value for (_, metric), score in found.items()}


@pytest.mark.parametrize("kind", [Known, KnownDensity])
def test_p_itself_is_at_the_floor_and_at_no_distance(kind):
    found = measure(kind(DATA))
    assert found["nll"] == pytest.approx(found["nll-floor"], abs=1e-6)
    assert found["kl"] == pytest.approx(0, abs=1e-9)
    assert found["reverse-kl"] == pytest.approx(0, abs=1e-9)


def test_divergences_between_gaussians_have_a_closed_form():
    """KL of a shift by d is d²/(2σ²), either way."""
    sd_I = 0.15 * torch.sigmoid(DATA.split("test").input_BX.double()[:, 0])
    expected = (SHIFT**2 / (2 * sd_I.square())).mean().item()
    found = measure(Known(DATA, shift=SHIFT))
    assert found["kl"] == pytest.approx(expected, rel=1e-3)
    assert found["reverse-kl"] == pytest.approx(expected, rel=1e-3)


def test_the_integral_is_found():
    found = measure(Known(DATA, constant=2.5))
    assert found["log-z"] == pytest.approx(2.5, abs=1e-6)
    assert found["nll"] == pytest.approx(found["nll-floor"], abs=1e-6)
    assert "log-z" not in measure(KnownDensity(DATA))


class Uniform(Known):
    def energy(self, feature_BD, target_BM):
        return (self.constant + 0 * target_BM).expand(len(feature_BD), -1)


def test_an_infinite_divergence_is_left_out():
    of = data("zones")
    found = measure(Uniform(of), of)
    assert found["nll"] == pytest.approx(math.log(25))
    assert found["kl"] == pytest.approx(math.log(25) - 1.25, abs=0.5)
    assert "reverse-kl" not in found


def test_only_the_first_items_of_a_split_are_measured_where_there_is_a_limit():
    found = measure(Known(DATA), limit=7)
    batch = DATA.split("test")
    expected = -DATA.conditional_log_p(batch.input_BX[:7], batch.target_B[:7, None]).mean().item()
    assert found["nll-floor"] == pytest.approx(expected)


def test_a_model_that_diverged_is_not_measured():
    model = Known(DATA, constant=math.nan)
    with pytest.raises(UserError, match="the model diverged: its density is not finite"):
        measure(model)
    assert np.isnan(model.constant.item())
