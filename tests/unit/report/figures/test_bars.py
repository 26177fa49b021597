import pandas as pd
import pytest

from beyond_mle.report.figures.bars import bars
from beyond_mle.report.labels import labelled

PALETTE = {"mle": "#595959", "convex-exp": "#0072B2"}


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["task", "model", "objective", "order", "decoder", "metric", "mean", "sd"]
    nan = float("nan")
    values = [
        ["t", "small", "mle", nan, "greedy", "bleu", 10.0, 1.0],
        ["t", "small", "convex-exp", 1.0, "greedy", "bleu", 12.0, 2.0],
        ["t", "small", "convex-exp", 3.0, "greedy", "bleu", 14.0, nan],
        ["u", "small", "unknown", nan, "greedy", "bleu", 9.0, nan],
        ["t", "oracle", "mle", nan, "exact", "bleu", 80.0, nan],
        ["t", "oracle", "mle", nan, "sample", "bleu", 60.0, nan],
    ]
    return labelled(pd.DataFrame(values, columns=columns), {"order": "objective"})


def test_bars_have_the_lengths_of_the_means_and_reference_rows_stand_in_the_panels_of_their_task(rows):
    first, second = bars(rows, PALETTE).axes
    assert [bar.get_width() for bar in first.patches] == [10, 12, 14, 80, 60]
    assert [label.get_text() for label in first.get_yticklabels()] == [
        "mle",
        "convex-exp, k = 1",
        "convex-exp, k = 3",
        "p, exact",
        "p, sample",
    ]
    assert [bar.get_width() for bar in second.patches] == [9]
    assert (first.get_title(), second.get_title()) == ("small\nt", "small\nu")
    assert first.get_xlabel() == "bleu"
    assert bars(rows, PALETTE, "gap").axes[0].get_xlabel() == "gap"


def test_colours_are_the_objectives_and_reference_rows_are_hatched(rows):
    first, second = bars(rows, PALETTE).axes
    assert first.patches[1].get_facecolor()[:3] == pytest.approx((0, 0x72 / 255, 0xB2 / 255))
    assert [bool(bar.get_hatch()) for bar in first.patches] == [False, False, False, True, True]
    assert second.patches[0].get_facecolor()[:3] == pytest.approx(3 * (0xD0 / 255,))


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    for none in (rows.iloc[:0], rows[rows.model == "oracle"]):
        assert bars(none, PALETTE).texts[0].get_text() == "not measured in this study"
