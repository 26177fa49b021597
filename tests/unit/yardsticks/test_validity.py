import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from scipy.stats import entropy

from beyond_mle.formulas import divergence
from beyond_mle.yardsticks.known_p import js, model_metrics, output_metrics, sample_metrics, total_variation

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


def test_coverage_counts_an_output_once_and_an_invalid_one_not():
    drawn = [["b a", "b a", "x"], ["d", "e", "d"]]
    assert sample_metrics(TRUTH, drawn) == {"support-coverage": pytest.approx(100 * (0.25 + 0.5) / 2)}
    assert sample_metrics(TRUTH, [["x", ""], ["", ""]]) == {"support-coverage": 0}
    assert sample_metrics(TRUTH, [row["outputs"] for row in TRUTH]) == {"support-coverage": pytest.approx(100)}


def test_the_expected_coverage_of_p_s_own_samples():
    row, n = TRUTH[1], 3
    p = dict(zip(row["outputs"], np.exp(row["log_p"]), strict=True))
    expected = sum(
        math.prod(p[output] for output in drawn) * sample_metrics([row], [drawn])["support-coverage"]
        for drawn in itertools.product(p, repeat=n)
    )
    assert expected == pytest.approx(100 * sum(q * (1 - (1 - q) ** n) for q in p.values()))


def test_a_model_equal_to_p_has_no_divergence():
    metrics = model_metrics(TRUTH, [np.array(row["log_p"]) for row in TRUTH])
    assert metrics == {
        "kl": pytest.approx(0, abs=1e-15),
        "js": pytest.approx(0, abs=1e-15),
        "total-variation": pytest.approx(0, abs=1e-15),
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
    assert metrics["total-variation"] == pytest.approx(1 / 2)
    # M = 3p/4 on the support and q/2 off it.
    of_p, of_q = math.log(4 / 3), (math.log(2 / 3) + math.log(2)) / 2
    assert metrics["js"] == pytest.approx((of_p + of_q) / 2)


def test_a_model_off_the_support_is_as_far_as_can_be():
    metrics = model_metrics(TRUTH[:1], [np.array([-np.inf, -np.inf])])
    assert metrics["js"] == pytest.approx(math.log(2))
    assert metrics["total-variation"] == pytest.approx(1)


WEIGHTS = st.lists(st.floats(0.01, 1), min_size=2, max_size=6)


@given(WEIGHTS, st.data())
def test_js_and_total_variation_need_only_the_whole_mass_off_the_support(p_weights, data):
    """Against a full enumeration in which q has many outputs outside the support."""
    on = data.draw(st.lists(st.floats(0, 1), min_size=len(p_weights), max_size=len(p_weights)))
    off = data.draw(WEIGHTS)
    p = np.append(p_weights, np.zeros(len(off))) / sum(p_weights)
    q = np.append(on, off) / (sum(on) + sum(off))
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log(q)
    n = len(p_weights)
    metrics = model_metrics([{"outputs": [""] * n, "log_p": log_p[:n]}], [log_q[:n]])
    full = divergence.js(torch.tensor(log_p), torch.tensor(log_q), torch.zeros(len(p)), 0.5)
    assert metrics["js"] == pytest.approx(full.item(), abs=1e-12)
    assert metrics["total-variation"] == pytest.approx(1 - np.minimum(p, q).sum())


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=2, max_size=6))
def test_js_and_total_variation_are_symmetric_and_bound_each_other(weights):
    p, q = (np.array(w) / sum(w) for w in zip(*weights, strict=True))
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)
    assert total_variation(p, q) == pytest.approx(total_variation(q, p))
    # Pinsker's inequality for both halves, and Lin's (1991) upper bound.
    assert total_variation(p, q) ** 2 / 2 - 1e-12 <= js(p, q) <= math.log(2) * total_variation(p, q) + 1e-12


def test_excluding_a_supported_output_makes_the_divergence_infinite():
    assert model_metrics(TRUTH[:1], [np.array([0.0, -np.inf])])["kl"] == math.inf


def test_log_q_must_cover_the_support():
    with pytest.raises(ValueError, match="3 outputs in the support, but 2"):
        model_metrics(TRUTH, [np.zeros(2), np.zeros(2)])
