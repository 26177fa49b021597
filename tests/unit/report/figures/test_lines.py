import pandas as pd
import pytest

from beyond_mle.report.figures.lines import lines
from beyond_mle.report.style import shade

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["model", "objective", "order", "metric", "seed", "value"]
    values = [
        ["small", "mle-continued", 0.0, "bleu", 1, 1.0],
        ["small", "convex-exp", 4.0, "bleu", 1, 2.0],
        ["small", "convex-exp", 4.0, "bleu", 2, 4.0],
        ["small", "convex-exp", 1.0, "bleu", 1, 2.0],
        ["large", "convex-exp", 1.0, "bleu", 1, 5.0],
        ["large", "convex-exp", 1.0, "nll", 1, 6.0],
    ]
    return pd.DataFrame(values, columns=columns)


def test_lines_are_means_along_the_hyper_parameter_in_a_panel_per_metric(rows, readable):
    figure = lines(rows, "order", "model", PALETTE, TITLE)
    readable(figure)
    bleu, nll = figure.axes
    assert [line.get_xydata().tolist() for line in bleu.lines] == [[[0, 1], [1, 2], [4, 3]], [[1, 5]]]
    assert [line.get_xydata().tolist() for line in nll.lines] == [[[1, 6]]]
    assert [label.get_text() for label in nll.get_xticklabels()] == ["0", "1", "4"]
    assert (bleu.get_title("left"), nll.get_title("left")) == ("bleu", "nll (nats)")


def test_names_stand_beside_lines_and_markers_tell_them_apart_in_grey(rows):
    bleu = lines(rows, "order", "model", PALETTE, TITLE).axes[0]
    assert {text.get_text() for text in bleu.texts} == {"small", "large"}
    first, second = bleu.lines
    assert (first.get_marker(), first.get_markerfacecolor()) != (second.get_marker(), second.get_markerfacecolor())
    assert first.get_color() == second.get_color() == PALETTE["convex-exp"]


def test_lines_of_objectives_have_their_colour_in_the_shade_of_the_order(rows):
    own = rows.assign(styles=[1, 2, 2, 1, 1, 1], order=rows.order.replace(0, float("nan")))
    bleu = lines(own, "styles", "objective", PALETTE, TITLE).axes[0]
    assert [line.get_color() for line in bleu.lines] == [PALETTE["mle-continued"], shade(PALETTE["convex-exp"], 4.0)]


def test_seeds_are_dots_and_two_of_them_have_an_interval(rows):
    bleu = lines(rows, "order", "model", PALETTE, TITLE).axes[0]
    dots = [xy for group in bleu.collections for xy in group.get_offsets().tolist()]
    assert [4, 2] in dots
    assert [4, 4] in dots
    low, high = bleu.get_ylim()
    assert low < 1
    assert 5 < high < 10  # an interval that is longer is cut off


def test_differences_are_named_after_the_better_side_and_show_zero(rows):
    figure = lines(rows, "order", "model", PALETTE, TITLE, differences=True)
    assert [axis.get_title("left") for axis in figure.axes] == ["gain in bleu", "change of nll (nats)"]
    assert all(axis.get_ylim()[0] < 0 for axis in figure.axes)


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    figure = lines(rows.iloc[:0], "order", "model", PALETTE, TITLE)
    assert figure.texts[0].get_text() == "not measured in this study"


def test_values_of_many_magnitudes_are_drawn_by_their_logarithm(rows, readable):
    figure = lines(rows[rows.metric == "bleu"], "order", "model", PALETTE, TITLE, logarithmic=True)
    readable(figure)
    (axis,) = figure.axes
    assert axis.get_yscale() == "log"
    low, high = axis.get_ylim()
    assert 0 < low < 1 < 5 < high
