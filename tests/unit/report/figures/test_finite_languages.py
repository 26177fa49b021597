"""Figures of finite languages: a line per order, a point per fit, a panel per language and average."""

import math

import pandas as pd
import pytest

from beyond_mle.formulas import scheduled_sampling_table
from beyond_mle.report import sharpening_curves
from beyond_mle.report.figures import finite_languages
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions

LANGUAGES = {
    "a": FiniteLanguage(StringsOptions(symbols=[2, 2])),
    "b": FiniteLanguage(StringsOptions(symbols=[2, 2, 2], shortest=2)),
}


@pytest.fixture
def fits() -> pd.DataFrame:
    """Language a with sentence averages, b with both; a divergence averages over nothing."""
    rows = []
    for task, averages in (("a", ["sentence"]), ("b", ["sentence", "token"])):
        for model in ("tabular", "string-network"):
            systems = [("convex-exp", order, average) for average in averages for order in (1.0, 4.0)]
            systems += [("mle", math.nan, average) for average in averages] + [("js", math.nan, None)]
            for objective, order, average in systems:
                for metric, value in (("distance-from-optimum", 0.0), ("sequence-entropy", 1.0), ("kl", 0.5)):
                    rows.append((task, model, objective, order, average, metric, value))
    return pd.DataFrame(rows, columns=["task", "model", "objective", "order", "average", "metric", "value"])


def test_sharpening_has_a_line_per_order_and_a_point_per_fit_of_sentence_averages(fits):
    ranked = sharpening_curves.ranked(LANGUAGES["a"], [0, 1, 2])
    left, right = finite_languages.sharpening(ranked, sharpening_curves.entropies(LANGUAGES, 4.0), fits).axes
    assert len(left.lines) == 3
    assert [len(line.get_xdata()) for line in left.lines] == [4, 4, 1]
    drawn = [x for line in right.lines if line.get_linestyle() == "None" for x in line.get_xdata()]
    assert sorted(drawn) == [1, 1, 1, 1, 4, 4, 4, 4]


def test_length_and_weight_has_a_line_per_order():
    exponents = sharpening_curves.exponents([1, 3], 10)
    weights = sharpening_curves.gradient_weights([1, 3], [0.5], length=5)
    left, right = finite_languages.length_and_weight(exponents, weights).axes
    assert len(left.lines) == 2 + 1  # and the line of MLE
    assert [text.get_text() for text in right.get_legend().get_texts()] == [
        "mle",
        "convex-exp, k = 1",
        "convex-exp, k = 3",
        "convex-power, k = 0.5",
        "convex-pure",
    ]


def test_agreement_has_a_panel_per_language_and_average(fits):
    figure = finite_languages.agreement(fits, {"tabular": 1e-4, "string-network": 0.02})
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "b, per token"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["convex-exp, k = 1", "convex-exp, k = 4", "mle", "js"]
    points = [axis.lines[0].get_ydata().tolist() for axis in figure.axes]
    assert points == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2]]
    assert (figure.axes[0].lines[0].get_xdata() >= 1e-12).all()


def test_without_the_option_average_all_fits_stand_in_one_panel(fits):
    alike = fits[(fits.task == "a")].drop(columns="average")
    assert len(finite_languages.agreement(alike, {"tabular": 1e-4}).axes) == 1
    assert not finite_languages.agreement(alike.iloc[:0], {"tabular": 1e-4}).axes


def test_scheduled_sampling_draws_each_solution_where_it_has_the_metric():
    p_XY = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[2, 3])).table
    p_XYZ = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[2, 2, 2])).table
    table = pd.DataFrame(scheduled_sampling_table.rows(p_XY, p_XYZ))
    figure = finite_languages.scheduled_sampling(table)
    assert [len(axis.lines) for axis in figure.axes] == [3, 5, 5, 4]
    epsilons = list(scheduled_sampling_table.EPSILONS)
    assert all(line.get_xdata().tolist() == epsilons for axis in figure.axes for line in axis.lines)
