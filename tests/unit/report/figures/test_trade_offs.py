from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.text import Text

from beyond_mle.report.figures.trade_offs import trade_offs
from beyond_mle.report.trade_offs import COLUMNS

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two seeds, 1 below and 1 above these means; the marks of the first curve lie nearly on one another."""
    nan = float("nan")
    means = [("convex-exp", "convex-exp", k / 10, 5 + k / 1000, 40 + k / 1000) for k in range(1, 9)]
    means += [("power sampling", "mle-continued", 1.0, 8, 50), ("p", "mle", nan, 9, 60)]
    points = [(*mean[:3], mean[3] + off, mean[4] + off, off) for mean in means for off in (-1, 1)]
    found = pd.DataFrame(points, columns=["curve", "objective", "at", "x", "y", "seed"])
    return found.assign(family="Strings", across="support-coverage", metric="validity")[COLUMNS]


def test_every_mark_has_its_name_and_none_lies_on_another(rows, readable):
    figure = trade_offs(rows, PALETTE, TITLE)
    readable(figure)
    (axis,) = figure.axes
    names = {text.get_text() for text in axis.texts}
    assert names == {*(f"convex-exp, {k / 10:g}" for k in range(1, 9)), "power sampling, 1", "p"}
    boxes = sorted((Text.get_window_extent(text) for text in axis.texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))
    assert sum(len(dots.get_offsets()) for dots in axis.collections) == len(rows)


def test_means_are_joined_and_decoders_dashed(rows):
    (axis,) = trade_offs(rows, PALETTE, TITLE).axes
    lines = {line.get_color(): line for line in axis.lines}
    assert len(lines[PALETTE["convex-exp"]].get_xydata()) == 8
    assert (lines[PALETTE["mle-continued"]].get_linestyle(), lines["#000000"].get_marker()) == ("--", "*")


def test_each_family_has_a_panel_and_metrics_their_names(rows):
    figure = trade_offs(pd.concat([rows, rows.assign(family="Tokens")]), PALETTE, TITLE)
    assert [axis.get_title("left") for axis in figure.axes] == ["Strings", "Tokens"]
    assert {(axis.get_xlabel(), axis.get_ylabel()) for axis in figure.axes} == {
        ("support-coverage (%)", "validity (%)")
    }


def test_without_rows_the_figure_says_so(rows):
    assert trade_offs(rows.iloc[:0], PALETTE, TITLE).texts[0].get_text() == "not measured in this study"
