"""The comparison of q with p by enumeration: by hand, and against full enumerations."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from scipy.stats import entropy
from worlds import P, from_items, measured, subject, world

from beyond_mle.errors import UserError
from beyond_mle.formulas import divergence
from beyond_mle.models.oracle import Oracle
from beyond_mle.text.padding import unpad
from beyond_mle.types import LogProb
from beyond_mle.yardsticks.distance import Distance, compare, listed

LOG_P = [np.log(list(p.values())) for p in P]


class Halved:
    """Half of p on its support, the rest elsewhere; the lengths have a factor of their own."""

    device = torch.device("cpu")

    def __init__(self, data):
        texts = [dict(zip(data.encode_all(p), p.values(), strict=True)) for p in P]
        self.known = dict(zip(map(tuple, data.pairs("test").sources()), texts, strict=True))

    def log_prob(self, batch):
        pairs = zip(unpad(batch.source_BS), unpad(batch.target_BT), strict=True)
        total_B = torch.tensor([math.log(self.known[tuple(source)][tuple(target)]) for source, target in pairs])
        length_B = torch.tensor([len(target) for target in unpad(batch.target_BT)])
        return LogProb(total_B, length_B, length_log_prob_B=torch.full_like(total_B, -math.log(2)))


class World:
    """Data that encodes the outputs of a source as keys."""

    def __init__(self, data):
        self.data = data

    def encode_all(self, p):
        return map(tuple, self.data.encode(list(p)))

    def __getattr__(self, name):
        return getattr(self.data, name)


def measure(data, model, **options):
    """Metric → score; each the mean of its items."""
    found = measured(Distance(Distance.Options(**options)).measure(subject(data, model)))
    for score in found.values():
        assert from_items(score) == pytest.approx(score.value), score.metric
    return {metric: score for (_, metric), score in found.items()}


def test_mass_off_the_support_costs_its_logarithm(tmp_path):
    """KL[P‖P/2] = log 2; M = 3p/4 on the support and q/2 off it."""
    data = World(world(tmp_path))
    found = {metric: score.value for metric, score in measure(data, Halved(data)).items()}
    of_p, of_q = math.log(4 / 3), (math.log(2 / 3) + math.log(2)) / 2
    assert found == {
        "kl": pytest.approx(math.log(2)),
        "js": pytest.approx((of_p + of_q) / 2),
        "total-variation": pytest.approx(1 / 2),
        "q-mode": pytest.approx((0.75 + 1 + 0.5) / 6),
        "log-q-mode": pytest.approx((math.log(0.75) + math.log(0.5)) / 3 - math.log(2), abs=1e-6),
        "support-mass": pytest.approx(50),
    }


def test_a_listed_distribution_has_its_entropy_and_what_greedy_search_finds(tmp_path):
    data = world(tmp_path)
    oracle = Oracle(Oracle.Options(), data.spec)
    oracle.use(data)
    # Of the third source `n m l k` becomes the likeliest output, but `k` is still the likeliest first word.
    oracle.set_distribution(data.pairs("test").source(2), np.array([0.3, 0.4, 0.3]))
    found = measure(data, oracle)
    q = [[0.75, 0.25], [1.0], [0.3, 0.4, 0.3]]
    assert found["sequence-entropy"].items_IF == pytest.approx([entropy(one) for one in q])
    assert found["greedy-agreement"].items_IF.tolist() == [100, 100, 0]
    assert found["kl"].items_IF == pytest.approx([0, 0, entropy(list(P[2].values()), q[2])], abs=1e-12)
    assert found["total-variation"].items_IF == pytest.approx([0, 0, (0.2 + 0.1 + 0.1) / 2], abs=1e-12)
    assert found["support-mass"].value == pytest.approx(100)


def test_only_the_first_sources_are_compared_on_request(tmp_path):
    data = World(world(tmp_path))
    found = measure(data, Halved(data), sources=2)
    assert found["q-mode"].items_IF == pytest.approx([0.75 / 2, 1 / 2])


def test_p_is_known_of_the_test_split_only(tmp_path):
    with pytest.raises(UserError, match="test split only, not of dev"):
        list(Distance(Distance.Options()).measure(subject(world(tmp_path), split="dev")))


def test_kl_agrees_with_scipy_when_q_lives_on_the_support():
    rng = np.random.default_rng(1)
    for log_p in LOG_P:
        log_q = log_softmax(rng.normal(size=len(log_p)))
        assert compare(log_p, log_q)["kl"] == pytest.approx(entropy(np.exp(log_p), np.exp(log_q)))


def test_a_model_off_the_support_is_as_far_as_can_be():
    found = compare(LOG_P[0], np.array([-np.inf, -np.inf]))
    assert found["js"] == pytest.approx(math.log(2))
    assert found["total-variation"] == pytest.approx(1)


def test_excluding_a_supported_output_makes_the_divergence_infinite():
    assert compare(LOG_P[0], np.array([0.0, -np.inf]))["kl"] == math.inf


def test_log_q_must_cover_the_support():
    with pytest.raises(ValueError, match="2 outputs in the support, but 3"):
        compare(LOG_P[0], np.zeros(3))


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
    found = compare(log_p[:n], log_q[:n])
    full = divergence.js(torch.tensor(log_p), torch.tensor(log_q), torch.zeros(len(p)), 0.5)
    assert found["js"] == pytest.approx(full.item(), abs=1e-12)
    assert found["total-variation"] == pytest.approx(1 - np.minimum(p, q).sum())


def test_listed_figures_by_hand():
    # Two of three outputs begin with 5, which is the likelier first token; the likeliest output begins with 6.
    assert listed([[5, 7], [5, 8], [6]], np.array([0.3, 0.3, 0.4])) == {
        "sequence-entropy": pytest.approx(entropy([0.3, 0.3, 0.4])),
        "greedy-agreement": 0,
    }
    assert listed([[5], [6]], np.array([0.0, 1.0])) == {"sequence-entropy": 0, "greedy-agreement": 100}
