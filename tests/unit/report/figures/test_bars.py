import matplotlib.colors
import pandas as pd
import pytest

from beyond_mle.report.figures.bars import bars
from beyond_mle.report.labels import labelled
from beyond_mle.report.style import shade

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["task", "model", "objective", "order", "decoder", "metric", "seed", "value", "paper"]
    nan = float("nan")
    values = [
        ["t", "small", "mle", nan, "greedy", "bleu", 1, 9.0, 5.0],
        ["t", "small", "mle", nan, "greedy", "bleu", 2, 11.0, 5.0],
        ["t", "small", "convex-exp", 1.0, "greedy", "bleu", 1, 12.0, nan],
        ["t", "small", "convex-exp", 3.0, "greedy", "bleu", 1, 14.0, nan],
        ["t", "large", "mle", nan, "greedy", "bleu", 1, 20.0, nan],
        ["t", "oracle", "mle", nan, "exact", "bleu", 1, 80.0, nan],
        ["u", "small", "unknown", nan, "greedy", "bleu", 1, 9.0, nan],
    ]
    return labelled(pd.DataFrame(values, columns=columns), {"order": "objective"})


def test_bars_are_means_in_groups_and_each_has_its_number(rows, readable):
    figure = bars(rows, PALETTE, TITLE, "model")
    readable(figure)
    first, second = figure.axes
    assert [bar.get_width() for bar in first.patches] == [10, 12, 14, 20, 80]
    assert [text.get_text() for text in first.texts] == ["10.00", "12.00", "14.00", "20.00", "80.00"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["small", "large", "p"]
    heights = [bar.get_y() for bar in first.patches]
    assert heights[3] - heights[2] > heights[2] - heights[1]  # groups stand apart
    assert [bar.get_width() for bar in second.patches] == [9]
    assert (first.get_title("left"), second.get_title("left")) == ("t", "u")
    assert second.get_xlabel() == "bleu"


def test_a_larger_order_is_darker_and_what_follows_from_p_is_hatched(rows):
    first, second = bars(rows, PALETTE, TITLE, "model").axes
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in first.patches]
    assert colours[1:3] == [shade("#0072B2", 1.0), shade("#0072B2", 3.0)]
    assert [bool(bar.get_hatch()) for bar in first.patches] == [False] * 4 + [True]
    assert matplotlib.colors.to_hex(second.patches[0].get_facecolor()) == "#b0b0b0"


def test_seeds_are_dots_and_the_papers_number_a_tick_that_the_legend_names(rows):
    figure = bars(rows, PALETTE, TITLE, "model")
    dots = [xy for group in figure.axes[0].collections for xy in group.get_offsets().tolist()]
    assert {9.0, 11.0, 12.0, 14.0, 20.0} <= {x for x, _ in dots}
    assert 80.0 not in {x for x, _ in dots}
    ticks = [path.vertices[:, 0].tolist() for group in figure.axes[0].collections for path in group.get_paths()]
    assert [5.0, 5.0] in ticks
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [
        *("mle", "convex-exp, k = 1", "convex-exp, k = 3", "unknown"),
        *("follows from p", "the paper, on its own data"),
    ]
    without = bars(rows.assign(paper=float("nan")), PALETTE, TITLE, "model")
    assert "the paper, on its own data" not in [text.get_text() for text in without.legends[0].get_texts()]


def test_bars_named_on_the_axis_need_no_legend(rows):
    one = rows[(rows.task == "t") & (rows.model == "small")].assign(paper=float("nan"))
    figure = bars(one, PALETTE, TITLE, "label", "gap (BLEU)")
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == list(dict.fromkeys(one.label))
    assert figure.axes[0].get_xlabel() == "gap (BLEU)"
    assert not figure.legends


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    assert bars(rows.iloc[:0], PALETTE, TITLE, "model").texts[0].get_text() == "not measured in this study"
