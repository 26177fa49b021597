import math

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from beyond_mle.report.figures import seeds


def test_alone_the_interval_is_students_and_a_single_seed_has_none():
    margin = 12.706 * math.sqrt(2) / math.sqrt(2)
    values = pd.Series([1.0, 3.0])
    of_values = seeds.interval(values.groupby([0, 0]))
    assert of_values(values) == pytest.approx((2 - margin, 2 + margin), abs=1e-3)
    assert np.isnan(of_values(pd.Series([1.0]))).all()


def test_in_company_variances_are_moderated():
    drawn = pd.DataFrame({"name": list("aabbcc"), "value": [1.0, 3.0, 1.0, 3.2, 5.0, 6.9]})
    low, high = seeds.interval(drawn.groupby("name")["value"])(pd.Series([1.0, 3.0]))
    assert 3 < high - low < 9  # 25.4 alone


def test_a_label_has_a_mark_an_interval_and_a_dot_per_seed():
    rows = pd.DataFrame({"value": [1.0, 2.0, 6.0, 5.0], "height": [0.0, 0.0, 0.0, 1.5], "label": ["a", "a", "a", "b"]})
    axis = Figure().subplots()
    seeds.draw(axis, rows, {"a": "#ff0000", "b": "#0000ff"})
    marks = [line for line in axis.lines if line.get_marker() == "o"]
    drawn = [[xy for xy in line.get_xydata().tolist() if np.isfinite(xy).all()] for line in marks]
    assert drawn == [[[3, 0]], [[5, 1.5]]]
    assert [matplotlib.colors.to_hex(line.get_color()) for line in marks] == ["#ff0000", "#0000ff"]
    intervals = [line.get_xdata() for line in axis.lines if line not in marks]
    assert [list(line) for line in intervals if np.isfinite(line).all()] == [
        pytest.approx(seeds.interval(rows.groupby("label")["value"])(pd.Series([1.0, 2.0, 6.0])))
    ]
    dots = np.concatenate([dots.get_offsets() for dots in axis.collections])
    assert sorted(map(tuple, dots.tolist())) == [(1, 0), (2, 0), (5, 1.5), (6, 0)]


def test_an_axis_shows_all_seeds_and_further_values():
    low, high = seeds.limits(pd.Series([1.0, 3.0, math.nan]), 0)
    assert low < 0
    assert high > 3
    low, high = seeds.limits(pd.Series([2.0, 2.0]))
    assert low < 2 < high
