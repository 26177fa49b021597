import math

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import entropy

from beyond_mle.yardsticks.known_p import model_metrics, output_metrics

TRUTH = [
    {"outputs": ["a b", "b a"], "log_p": [math.log(0.75), math.log(0.25)]},
    {"outputs": ["c", "d", "e"], "log_p": [math.log(0.5), math.log(0.3), math.log(0.2)]},
]


def test_outputs_are_judged_by_p():
    metrics = output_metrics(TRUTH, ["b a", "c"])
    assert metrics == {
        "validity": 100,
        "mode-hit": 50,
        "log-p": pytest.approx((math.log(0.25) + math.log(0.5)) / 2),
    }


def test_log_p_is_over_the_valid_outputs_only():
    assert output_metrics(TRUTH, ["b", "d"]) == {
        "validity": 50,
        "mode-hit": 0,
        "log-p": pytest.approx(math.log(0.3)),
    }
    assert output_metrics(TRUTH, ["", "a b"]) == {"validity": 0, "mode-hit": 0}


def test_every_source_needs_one_output():
    with pytest.raises(ValueError, match="shorter"):
        output_metrics(TRUTH, ["a b"])


def test_a_model_equal_to_p_has_no_divergence():
    metrics = model_metrics(TRUTH, [np.array(row["log_p"]) for row in TRUTH])
    assert metrics == {
        "kl": pytest.approx(0, abs=1e-15),
        "q-mode": pytest.approx((0.75 + 0.5) / 2),
        "log-q-mode": pytest.approx((math.log(0.75) + math.log(0.5)) / 2),
        "support-mass": pytest.approx(100),
    }


def test_divergence_agrees_with_scipy_when_q_lives_on_the_support():
    rng = np.random.default_rng(1)
    log_q = [log_softmax(rng.normal(size=len(row["outputs"]))) for row in TRUTH]
    expected = np.mean([entropy(np.exp(row["log_p"]), np.exp(q)) for row, q in zip(TRUTH, log_q, strict=True)])
    assert model_metrics(TRUTH, log_q)["kl"] == pytest.approx(expected)


def test_mass_off_the_support_costs_its_logarithm():
    # q = p/2 on the support: half of q's mass is elsewhere, and KL[P‖Q] = log 2.
    metrics = model_metrics(TRUTH, [np.array(row["log_p"]) - math.log(2) for row in TRUTH])
    assert metrics["support-mass"] == pytest.approx(50)
    assert metrics["kl"] == pytest.approx(math.log(2))


def test_excluding_a_supported_output_makes_the_divergence_infinite():
    assert model_metrics(TRUTH[:1], [np.array([0.0, -np.inf])])["kl"] == math.inf


def test_log_q_must_cover_the_support():
    with pytest.raises(ValueError, match="3 outputs in the support, but 2"):
        model_metrics(TRUTH, [np.zeros(2), np.zeros(2)])
