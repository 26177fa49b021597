import math

import pytest

from beyond_mle.yardsticks.speed import measure_speed

SOURCES = [[5, 2], [6, 7, 2], [8, 2]]


def recorder(name, log):
    def decode(sources, batch_size):
        assert sources == SOURCES
        log.append((name, batch_size))
        return sum(range(10_000))  # some CPU time

    return decode


def test_systems_take_turns_after_a_warm_up():
    log = []
    measure_speed({name: recorder(name, log) for name in "ab"}, SOURCES, 32, "cpu", repetitions=3)
    assert log == 4 * [("a", 32), ("a", 1), ("b", 32), ("b", 1)]


def test_figures_are_positive_and_finite():
    speeds = measure_speed({"a": recorder("a", [])}, SOURCES, 2, "cpu", repetitions=2)
    assert speeds.keys() == {"a"}
    assert 0 < speeds["a"].sentences_per_second < math.inf
    assert 0 < speeds["a"].latency_ms < math.inf


def test_units(monkeypatch):
    clock = iter(range(0, 10_000, 2))  # every call takes 2 s
    monkeypatch.setattr("time.process_time", lambda: next(clock) * 1.0)
    speed = measure_speed({"a": recorder("a", [])}, SOURCES, 1, "cpu", repetitions=2)["a"]
    assert speed.sentences_per_second == pytest.approx(3 / 2)
    assert speed.latency_ms == pytest.approx(2000 / 3)


@pytest.mark.parametrize(("sources", "repetitions"), [([], 2), (SOURCES, 0)])
def test_nothing_to_measure_is_refused(sources, repetitions):
    with pytest.raises(ValueError, match="at least one"):
        measure_speed({}, sources, 1, "cpu", repetitions)
