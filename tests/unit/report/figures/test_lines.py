import pandas as pd
import pytest

from beyond_mle.report.figures.lines import by_order, lines


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["task_label", "model", "objective", "order", "metric", "mean", "sd"]
    values = [
        ["t", "small", "on", 0.0, "bleu", 1.0, 0.1],
        ["t", "small", "strong", 4.0, "bleu", 3.0, 0.2],
        ["t", "small", "mild", 1.0, "bleu", 2.0, 0.3],
        ["t", "large", "mild", 1.0, "bleu", 5.0, 0.4],
        ["t", "large", "mild", 1.0, "nll", 6.0, 0.5],
    ]
    return pd.DataFrame(values, columns=columns)


def drawn(axis) -> dict[str, list]:
    return {container.get_label(): container.lines[0].get_xydata().tolist() for container in axis.containers}


def test_lines_run_along_the_hyper_parameter_in_a_panel_per_metric(rows):
    bleu, nll = lines(rows, "order", "model").axes
    assert drawn(bleu) == {"small": [[0, 1], [1, 2], [4, 3]], "large": [[1, 5]]}
    assert drawn(nll) == {"large": [[1, 6]]}
    assert [label.get_text() for label in bleu.get_xticklabels()] == ["0", "1", "4"]
    assert (bleu.get_ylabel(), nll.get_ylabel()) == ("bleu", "nll (nats)")


def test_what_has_no_hyper_parameter_is_a_level(rows):
    nan = float("nan")
    levels = pd.DataFrame({"objective": ["js"], "label": "js, π = 0.5", "metric": "bleu", "mean": 2.5, "sd": nan})
    bleu, nll = lines(rows, "order", "model", levels, {"js": "#FF0000"}).axes
    (level,) = [line for line in bleu.lines if line.get_label() == "js, π = 0.5"]
    assert set(level.get_ydata()) == {2.5}
    assert level.get_color() == "#FF0000"
    assert not [line for line in nll.lines if line.get_label() == "js, π = 0.5"]


def test_differences_are_named_after_the_better_side(rows):
    figure = lines(rows, "order", "model", differences=True)
    assert [axis.get_ylabel() for axis in figure.axes] == ["gain in bleu", "change of nll (nats)"]


def test_what_has_no_order_stands_at_zero_beside_the_closed_form(rows):
    nan = float("nan")
    points = rows[(rows.model == "small")].assign(order=[nan, 4.0, 1.0])
    closed = points.assign(model="oracle", objective=["mle", "convex-exp", "convex-exp"], sd=nan)
    (axis,) = by_order(pd.concat([points, closed]), {}).axes
    assert sorted(xy for line in drawn(axis).values() for xy in line) == [[0, 1], [1, 2], [4, 3]]
    assert axis.lines[-1].get_xydata().tolist() == [[0, 1], [1, 2], [4, 3]]


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    for figure in (lines(rows.iloc[:0], "order", "model"), by_order(rows.iloc[:0], {})):
        assert figure.texts[0].get_text() == "not measured in this study"
