import pandas as pd
import pytest

from beyond_mle.report import knob_figures


@pytest.fixture
def rows() -> pd.DataFrame:
    columns = ["model", "objective", "order", "metric", "mean", "sd"]
    values = [
        ["small", "on", 0.0, "bleu", 1.0, 0.1],
        ["small", "strong", 4.0, "bleu", 3.0, 0.2],
        ["small", "mild", 1.0, "bleu", 2.0, 0.3],
        ["large", "mild", 1.0, "bleu", 5.0, 0.4],
        ["large", "mild", 1.0, "nll", 6.0, 0.5],
    ]
    return pd.DataFrame(values, columns=columns)


def drawn(axis) -> dict[str, list]:
    return {container.get_label(): container.lines[0].get_xydata().tolist() for container in axis.containers}


def test_lines_run_along_the_knob_in_a_panel_per_metric(rows):
    bleu, nll = knob_figures.lines(rows, "order", "model").axes
    assert drawn(bleu) == {"small": [[0, 1], [1, 2], [4, 3]], "large": [[1, 5]]}
    assert drawn(nll) == {"large": [[1, 6]]}
    assert [label.get_text() for label in bleu.get_xticklabels()] == ["0", "1", "4"]
    assert (bleu.get_ylabel(), nll.get_ylabel()) == ("bleu", "nll (nats)")


def test_what_has_no_knob_is_a_level(rows):
    levels = pd.DataFrame({"objective": ["exact"], "metric": ["bleu"], "mean": [2.5], "sd": [float("nan")]})
    bleu, nll = knob_figures.lines(rows, "order", "model", levels, {"exact": "#FF0000"}).axes
    (level,) = [line for line in bleu.lines if line.get_label() == "exact"]
    assert set(level.get_ydata()) == {2.5}
    assert not [line for line in nll.lines if line.get_label() == "exact"]


def test_differences_are_named_after_the_better_side(rows):
    figure = knob_figures.lines(rows, "order", "model", differences=True)
    assert [axis.get_ylabel() for axis in figure.axes] == ["gain in bleu", "change of nll (nats)"]


def test_gains_have_a_row_per_objective_and_a_mark_per_model(rows):
    bleu, _ = knob_figures.gains(rows).axes
    assert [label.get_text() for label in bleu.get_yticklabels()] == ["on, k = 0", "strong, k = 4", "mild, k = 1"]
    points = {name: [x for x, _ in line] for name, line in drawn(bleu).items()}
    assert points == {"small": [1, 3, 2], "large": [5]}
    heights = [y for line in drawn(bleu).values() for _, y in line]
    assert [round(y) for y in heights] == [0, 1, 2, 2]
    assert len(set(heights)) == 4


def test_systems_are_named_with_their_order(rows):
    assert knob_figures.system(rows).system.tolist()[1] == "small, strong, k = 4"
    assert knob_figures.system(rows.iloc[:0]).empty


def test_nothing_to_draw_gives_a_figure_that_says_so(rows):
    for figure in (knob_figures.lines(rows.iloc[:0], "order", "model"), knob_figures.gains(rows.iloc[:0])):
        assert figure.texts[0].get_text() == "not measured in this study"
