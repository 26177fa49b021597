import pandas as pd
import pytest

from beyond_mle.report.figures.scatter import frontier
from beyond_mle.report.frontier import COLUMNS


@pytest.fixture
def rows() -> pd.DataFrame:
    points = [("temperature", 1.0, 7, 20), ("temperature", 0.5, 4, 30), ("convex-exp", 4.0, 5, 40)]
    points += [("convex-exp", 0.5, 6, 25), ("pure", float("nan"), 3, 35)]
    found = pd.DataFrame(points, columns=["curve", "at", "x", "y"])
    return found.assign(task_label="t", model="m", x_sd=1.0, y_sd=1.0).reindex(columns=COLUMNS)


def test_the_figure_joins_the_points_of_a_hyper_parameter_in_its_order(rows):
    (axis,) = frontier(rows, "distinct-outputs", "bleu").axes
    lines = [container.lines[0].get_xydata().tolist() for container in axis.containers]
    assert sorted(lines) == [[[3, 35]], [[4, 30], [7, 20]], [[6, 25], [5, 40]]]
    assert {text.get_text() for text in axis.texts} == {"0.5", "1", "4"}
    assert (axis.get_title(), axis.get_xlabel()) == ("m", "distinct-outputs (per source)")


def test_without_samples_the_figure_says_so(rows):
    figure = frontier(rows.iloc[:0], "distinct-outputs", "bleu")
    assert figure.texts[0].get_text() == "not measured in this study"
