import pandas as pd
import pytest

from beyond_mle.report.figures.scatter import frontier
from beyond_mle.report.frontier import COLUMNS
from beyond_mle.report.style import COLOURS

from .conftest import PALETTE, TITLE


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two seeds, 1 below and 1 above these means."""
    means = [("temperature", 1.0, 7, 20), ("temperature", 0.0, 4, 30), ("convex-exp", 4.0, 5, 40)]
    means += [("convex-exp", 0.5, 6, 25), ("convex-pure", float("nan"), 3, 35)]
    points = [(curve, at, x + off, y + off) for curve, at, x, y in means for off in (-1, 1)]
    found = pd.DataFrame(points, columns=["curve", "at", "x", "y"]).assign(seed=[1, 2] * len(means))
    shared = {"model": "m", "metric": "bleu", "across": "distinct-outputs"}
    return found.assign(objective=found.curve, **shared).reindex(columns=COLUMNS)


def test_curves_join_the_means_of_a_hyper_parameter_in_its_order(rows, readable):
    figure = frontier(rows, PALETTE, TITLE)
    readable(figure)
    (axis,) = figure.axes
    lines = [line.get_xydata().tolist() for line in axis.lines]
    assert lines == [[[4, 30], [7, 20]], [[6, 25], [5, 40]], [[3, 35]]]
    assert [line.get_color() for line in axis.lines] == [COLOURS["mle"], PALETTE["convex-exp"], PALETTE["convex-pure"]]
    assert {text.get_text() for text in axis.texts} == {"0", "0.5", "1", "4"}
    assert sum(len(dots.get_offsets()) for dots in axis.collections) == len(rows)
    assert (axis.get_title("left"), axis.get_xlabel()) == ("m", "distinct-outputs (per source)")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "MLE continued, at temperature τ",
        "convex-exp, order k",
        "convex-pure",
    ]


def test_models_have_rows_and_metrics_columns(rows):
    many = pd.concat([rows.assign(model=model, metric=metric) for model in "ab" for metric in ("bleu", "validity")])
    axes = frontier(many, PALETTE, TITLE).axes
    assert [(axis.get_title("left"), axis.get_ylabel()) for axis in axes] == [
        ("a", "bleu"),
        ("a", "validity (%)"),
        ("b", "bleu"),
        ("b", "validity (%)"),
    ]


def test_without_samples_the_figure_says_so(rows):
    assert frontier(rows.iloc[:0], PALETTE, TITLE).texts[0].get_text() == "not measured in this study"
