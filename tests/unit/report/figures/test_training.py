import pandas as pd
import pytest

from beyond_mle.report.curves import COLUMNS
from beyond_mle.report.figures import training
from beyond_mle.report.schedules import QUANTITY

from .conftest import PALETTE, TITLE


@pytest.fixture
def curves() -> pd.DataFrame:
    """Two objectives of one model, two seeds: 10^step · seed."""
    rows = [
        ["t", "m", objective, objective, None, None, seed, step, quantity, 10.0**step * seed]
        for objective in ("mle", "convex-exp")
        for seed in (1, 3)
        for step in (1, 2)
        for quantity in ("validation", "loss")
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"order": float, "pi": float})


def test_learning_curves_have_a_row_per_objective_and_a_line_per_seed(curves, readable):
    figure = training.learning_curves(curves, PALETTE, TITLE)
    readable(figure)
    assert [axis.get_title("left") for axis in figure.axes] == ["mle", "mle", "convex-exp", "convex-exp"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["validation", "loss", "validation", "loss"]
    assert [len(axis.lines) for axis in figure.axes] == [2, 2, 2, 2]
    assert figure.axes[0].lines[1].get_xydata().tolist() == [[1, 30], [2, 300]]
    assert figure.axes[2].lines[0].get_color() == PALETTE["convex-exp"]
    assert figure.axes[0].get_ylim() == figure.axes[2].get_ylim()


def test_what_was_not_validated_has_no_panel_for_it(curves):
    figure = training.learning_curves(curves[curves.quantity == "loss"], PALETTE, TITLE)
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss", "loss"]


def test_any_quantity_of_the_log_can_have_a_column(curves):
    renamed = curves.replace({"quantity": {"validation": "log_likelihood"}})
    figure = training.learning_curves(renamed, PALETTE, TITLE, ["log_likelihood"])
    assert [axis.get_ylabel() for axis in figure.axes] == ["log likelihood", "log likelihood"]
    assert figure.axes[0].lines[1].get_xydata().tolist() == [[1, 30], [2, 300]]


def test_schedules_have_a_line_from_the_formula_and_dots_as_logged(curves, readable):
    formula = curves[curves.quantity == "loss"].assign(quantity=QUANTITY)
    figure = training.schedules(pd.concat([formula, formula.assign(quantity="epsilon")]), PALETTE, TITLE)
    readable(figure)
    (axis,) = figure.axes
    lines = [line for line in axis.lines if line.get_linestyle() != "None"]
    dots = [line for line in axis.lines if line.get_linestyle() == "None"]
    assert len({line.get_linestyle() for line in lines}) == 2  # schedules may coincide
    assert [line.get_xydata().tolist() for line in (*lines, *dots)] == 4 * [[[1, 20], [2, 200]]]
    assert {text.get_text() for text in axis.texts} == {"mle", "convex-exp"}


def test_nothing_to_draw_gives_a_figure_that_says_so(curves):
    assert training.schedules(curves.iloc[:0], PALETTE, TITLE).texts[0].get_text() == "not measured in this study"
