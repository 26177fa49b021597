import math

import pytest

from beyond_mle.report.judged import Judged, judge

TRUTH = {"outputs": ["a b c", "a d", "e"], "log_p": [math.log(p) for p in (0.5, 0.3, 0.2)]}


@pytest.mark.parametrize(
    ("output", "verdict", "p", "possible"),
    [
        ("a b c", "mode", 0.5, 0),
        ("a d", "valid", 0.3, 0),
        ("a d c", "invalid", None, 2),
        ("a b", "invalid", None, 2),
        ("d a", "invalid", None, 0),
        ("", "invalid", None, 0),
    ],
)
def test_what_p_says_of_an_output(output, verdict, p, possible):
    found = judge(output, TRUTH)
    assert (found.verdict, found.possible) == (verdict, possible)
    assert found.p == (None if p is None else pytest.approx(p))


def test_without_p_nothing_is_said():
    assert judge("a", None) == Judged("a", "unknown")
