import math

import pandas as pd
import pytest

from beyond_mle.report.figures.marks import marks

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["model", "objective", "label", "order", "metric", "seed", "value"]
    values = [
        ["small", "convex-exp", "convex-exp, k = 4", 4.0, "bleu", 1, 2.0],
        ["small", "convex-exp", "convex-exp, k = 4", 4.0, "bleu", 2, 4.0],
        ["small", "convex-pure", "convex-pure", None, "bleu", 1, 2.0],
        ["large", "convex-pure", "convex-pure", None, "bleu", 1, 5.0],
        ["large", "convex-pure", "convex-pure", None, "nll", 1, 6.0],
    ]
    return pd.DataFrame(values, columns=columns).astype({"order": float})


def points(axis, marker: str) -> list[list[float]]:
    drawn = [xy for line in axis.lines if line.get_marker() == marker for xy in line.get_xydata().tolist()]
    return [xy for xy in drawn if all(map(math.isfinite, xy))]


def test_differences_have_a_row_per_objective_and_a_mark_per_model(rows, readable):
    figure = marks(rows, PALETTE, TITLE)
    readable(figure)
    bleu, nll = figure.axes
    assert [label.get_text() for label in bleu.get_yticklabels()] == ["convex-exp, k = 4", "convex-pure"]
    small, large = points(bleu, "o"), points(bleu, "s")
    assert [(x, round(y)) for x, y in small] == [(3, 0), (2, 1)]
    assert [(x, round(y)) for x, y in large] == [(5, 1)]
    assert small[1][1] != large[0][1]  # models do not cover each other
    assert (bleu.get_xlabel(), nll.get_xlabel()) == ("gain in bleu", "change of nll (nats)")
    assert bleu.get_xlim()[0] < 0 < 5 < bleu.get_xlim()[1]


def test_the_legend_names_models_only_if_there_are_several(rows):
    assert [text.get_text() for text in marks(rows, PALETTE, TITLE).legends[0].get_texts()] == ["small", "large"]
    assert not marks(rows[rows.model == "small"], PALETTE, TITLE).legends


def test_other_numbers_are_named_after_the_metric(rows):
    figure = marks(rows.assign(metric="effective-share"), PALETTE, TITLE, differences=False)
    assert figure.axes[0].get_xlabel() == "effective-share (%)"


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    assert marks(rows.iloc[:0], PALETTE, TITLE).texts[0].get_text() == "not measured in this study"


def test_axes_need_not_reach_to_zero(rows):
    near, far = (marks(rows, PALETTE, TITLE, differences=False, zero=zero).axes[0] for zero in (False, True))
    assert far.get_xlim()[0] < 0 < near.get_xlim()[0] < 2
