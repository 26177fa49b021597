"""The closed-form optimum of a likelihood objective, as a density of regression."""

import pytest
from regression_worlds import Known, data, regression_subject
from worlds import measured

from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.mle import MLE
from beyond_mle.yardsticks.conditional_optimum import ConditionalOptimum

DATA = data("forked")


def measure(model, objective, inputs: int = 100):
    yardstick = ConditionalOptimum(ConditionalOptimum.Options(points=512, inputs=inputs))
    found = measured(yardstick.measure(regression_subject(DATA, model, objective)))
    return {metric: score.value for (_, metric), score in found.items()}


def test_the_optimum_of_maximum_likelihood_is_p():
    mle = MLE(MLE.Options(), DATA.spec)
    assert measure(Known(DATA), mle) == pytest.approx({"distance-from-optimum": 0, "kl-optimum": 0}, abs=1e-6)
    assert measure(Known(DATA, power=2.0), mle)["distance-from-optimum"] > 0.05


def test_the_optimum_of_the_convex_loss_is_the_escort_of_p():
    """q ∝ p^{1/(1−k)}, as of strings of length 1."""
    convex = ConvexExp(ConvexExp.Options(order=0.5), DATA.spec)
    found = measure(Known(DATA, power=2.0), convex)
    assert found["distance-from-optimum"] == pytest.approx(0, abs=1e-6)
    assert found["kl-optimum"] > 0.05


def test_a_few_inputs_are_enough():
    model, mle = Known(DATA, power=2.0), MLE(MLE.Options(), DATA.spec)
    assert measure(model, mle, inputs=3) != measure(model, mle, inputs=40)
