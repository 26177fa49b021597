import pandas as pd
import pytest

from beyond_mle.report.curves import COLUMNS
from beyond_mle.report.figures import training
from beyond_mle.report.schedules import QUANTITY

PALETTE = {"a": "#0072B2", "b": "#0072B2", "c": "#D55E00"}


@pytest.fixture
def curves() -> pd.DataFrame:
    rows = [
        ["t", model, objective, seed, step, quantity, 10.0**step * seed]
        for model, objective in (("m", "a"), ("m", "b"), ("n", "c"))
        for seed in (1, 3)
        for step in (1, 2)
        for quantity in ("weight", "validation")
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_line_is_the_mean_over_seeds_of_an_objective(curves):
    figure = training.compare(curves, PALETTE, ["weight", "reward", "validation"])
    assert [axis.get_title() for axis in figure.axes] == ["m", "n", "", ""]  # nothing logged a reward
    lines = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].lines}
    assert lines == {"a": [[1, 20], [2, 200]], "b": [[1, 20], [2, 200]]}
    assert [axis.get_yscale() for axis in figure.axes] == ["log", "log", "linear", "linear"]


def test_objectives_of_one_colour_have_different_dashes(curves):
    first, second = training.compare(curves, PALETTE, ["weight"]).axes[0].lines
    assert first.get_color() == second.get_color()
    assert first.get_linestyle() != second.get_linestyle()


def test_a_weight_that_hardly_changes_has_a_linear_axis(curves):
    figure = training.compare(curves.assign(value=1.0), PALETTE, ["weight"])
    assert {axis.get_yscale() for axis in figure.axes} == {"linear"}


def test_schedules_are_lines_and_logs_are_dots(curves):
    formula, logged = (curves.query("quantity == 'weight'").assign(quantity=name) for name in (QUANTITY, "epsilon"))
    (axis,) = training.schedules(pd.concat([formula, logged]), PALETTE).axes
    lines = {line.get_label(): line for line in axis.lines if line.get_linestyle() != "None"}
    assert set(lines) == {"a", "b", "c"}
    assert len({line.get_linestyle() for line in lines.values()}) == 3  # schedules may coincide
    dots = [line for line in axis.lines if line.get_linestyle() == "None" and len(line.get_xdata())]
    assert [line.get_xydata().tolist() for line in dots] == 3 * [[[1, 20], [2, 200]]]


def test_nothing_to_draw_gives_a_figure_that_says_so(curves):
    none = curves.iloc[:0]
    for figure in (training.compare(none, PALETTE, ["weight"]), training.schedules(none, PALETTE)):
        assert figure.texts[0].get_text() == "not measured in this study"


def test_curves_have_a_line_per_seed(curves):
    both = pd.concat([curves.query("model == 'm'"), curves.query("model == 'm'").assign(quantity="loss")])
    figure = training.learning_curves(both, PALETTE)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "", ""]
    assert [len(axis.lines) for axis in figure.axes] == [2, 2, 2, 2]
    assert figure.axes[0].lines[1].get_xydata().tolist() == [[1, 30], [2, 300]]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_what_was_not_validated_has_no_panel_for_it(curves):
    figure = training.learning_curves(curves.query("model == 'n'").assign(quantity="loss"), PALETTE)
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss"]
