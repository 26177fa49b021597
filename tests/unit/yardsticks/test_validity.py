"""What p says of outputs, by hand."""

import itertools
import math

import numpy as np
import pytest
from worlds import P, from_items, measured, subject, world

from beyond_mle.errors import UserError
from beyond_mle.yardsticks.validity import Validity, judge

TRUTH = [
    {"outputs": ["a b", "b a"], "log_p": [math.log(0.75), math.log(0.25)]},
    {"outputs": ["c", "d", "e"], "log_p": [math.log(0.5), math.log(0.3), math.log(0.2)]},
]


def measure(data, outputs) -> dict[str, float]:
    """Metric → value; each follows from its items."""
    found = measured(Validity(Validity.Options()).measure(subject(data, outputs={"d": outputs})))
    for score in found.values():
        assert len(score.items_IF) == len(outputs)
        assert from_items(score) == pytest.approx(score.value), score.metric
    return {metric: score.value for (_, metric), score in found.items()}


def test_single_outputs_are_judged_by_p(tmp_path):
    assert measure(world(tmp_path), [["a b c e d"], ["f g h i"], ["k l x"]]) == {
        "validity": pytest.approx(200 / 3),
        "mode-hit": pytest.approx(100 / 3),
        "log-p": pytest.approx((math.log(0.25) + math.log(1)) / 2),  # over the valid ones only
    }


def test_several_outputs_of_a_source_count_each_and_what_they_cover_once(tmp_path):
    outputs = [["a b c d e", "a b c d e"], ["x", "f g h i"], ["k l", "n m l k"]]
    assert measure(world(tmp_path), outputs) == {
        "validity": pytest.approx(100 * 5 / 6),
        "mode-hit": pytest.approx(100 * 3 / 6),
        "log-p": pytest.approx((2 * math.log(0.75) + math.log(0.2) + math.log(0.3)) / 5),
        "support-coverage": pytest.approx(100 * (0.75 + 1 + 0.5) / 3),
    }


def test_where_nothing_is_valid_there_is_no_log_p(tmp_path):
    assert measure(world(tmp_path), [["a"], [""], ["x"]]) == {"validity": 0, "mode-hit": 0}
    assert measure(world(tmp_path), [["a", "b"], ["", ""], ["x", "y"]])["support-coverage"] == 0


def test_all_of_the_support_is_covered_by_all_of_it(tmp_path):
    longest = max(map(len, P))
    outputs = [[*p, *[next(iter(p))] * (longest - len(p))] for p in P]
    found = measure(world(tmp_path), outputs)
    assert found["support-coverage"] == pytest.approx(100)
    assert found["validity"] == 100


def test_the_items_are_those_of_each_source(tmp_path):
    given = subject(world(tmp_path), outputs={"d": [["a b c d e", "x"], ["x", "x"], ["k l", "n m l k"]]})
    found = measured(Validity(Validity.Options()).measure(given))
    np.testing.assert_allclose(found["d", "validity"].items_IF, [[100, 2], [0, 2], [200, 2]])
    np.testing.assert_allclose(
        found["d", "log-p"].items_IF, [[math.log(0.75), 1], [0, 0], [math.log(0.2) + math.log(0.3), 2]]
    )
    np.testing.assert_allclose(found["d", "support-coverage"].items_IF, [[75, 1], [0, 1], [50, 1]])


def test_the_expected_coverage_of_p_s_own_samples():
    row, n = TRUTH[1], 3
    p = dict(zip(row["outputs"], np.exp(row["log_p"]), strict=True))
    expected = sum(
        math.prod(p[output] for output in drawn) * judge([row], [list(drawn)])["support-coverage"][0]
        for drawn in itertools.product(p, repeat=n)
    )
    assert expected == pytest.approx(100 * sum(q * (1 - (1 - q) ** n) for q in p.values()))


def test_every_source_needs_its_outputs():
    with pytest.raises(ValueError, match="shorter"):
        judge(TRUTH, [["a b"]])


def test_p_is_known_of_the_test_split_only(tmp_path):
    with pytest.raises(UserError, match="test split only, not of dev"):
        list(Validity(Validity.Options()).measure(subject(world(tmp_path), split="dev", outputs={"d": [["x"]] * 3})))
