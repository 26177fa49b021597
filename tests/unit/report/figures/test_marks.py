import pandas as pd
import pytest

from beyond_mle.report.figures.marks import gain_marks


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["model", "label", "metric", "mean", "sd"]
    values = [
        ["small", "strong, k = 4", "bleu", 3.0, 0.2],
        ["small", "mild, k = 1", "bleu", 2.0, 0.3],
        ["large", "mild, k = 1", "bleu", 5.0, 0.4],
        ["large", "mild, k = 1", "nll", 6.0, 0.5],
    ]
    return pd.DataFrame(values, columns=columns)


def test_gains_have_a_row_per_objective_and_a_mark_per_model(rows):
    bleu, nll = gain_marks(rows).axes
    assert [label.get_text() for label in bleu.get_yticklabels()] == ["strong, k = 4", "mild, k = 1"]
    points = {container.get_label(): container.lines[0].get_xydata().tolist() for container in bleu.containers}
    assert {name: [x for x, _ in line] for name, line in points.items()} == {"small": [3, 2], "large": [5]}
    heights = [y for line in points.values() for _, y in line]
    assert [round(y) for y in heights] == [0, 1, 1]
    assert len(set(heights)) == 3
    assert (bleu.get_xlabel(), nll.get_xlabel()) == ("gain in bleu", "change of nll\n(nats)")


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    assert gain_marks(rows.iloc[:0]).texts[0].get_text() == "not measured in this study"
