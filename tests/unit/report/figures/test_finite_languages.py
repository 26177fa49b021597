"""Figures of finite languages: a line per order, a point per fit, a panel per language and average."""

import math

import pandas as pd
import pytest

from beyond_mle.report import sharpening_curves
from beyond_mle.report.figures import finite_languages
from beyond_mle.report.style import COLOURS, shade
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions

from .conftest import PALETTE, TITLE

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


def test_sharpening_has_a_line_per_order_and_a_point_per_fit_of_sentence_averages(fits, readable):
    ranked = sharpening_curves.ranked(LANGUAGES["a"], [0, 1, 2])
    figure = finite_languages.sharpening(ranked, sharpening_curves.entropies(LANGUAGES, 4.0), fits, TITLE)
    readable(figure)
    ranks, entropies = figure.axes
    assert [len(line.get_xdata()) for line in ranks.lines] == [4, 4, 1]
    assert [line.get_color() for line in ranks.lines] == [shade(COLOURS["convex-exp"], order) for order in (0, 1, 2)]
    drawn = [x for line in entropies.lines if line.get_linestyle() == "None" for x in line.get_xdata()]
    assert sorted(drawn) == [1, 1, 1, 1, 4, 4, 4, 4]
    assert [text.get_text() for text in entropies.texts] == ["a", "b"]


def test_length_and_weight_has_a_named_line_per_order(readable):
    exponents = sharpening_curves.exponents([1, 3], 10)
    weights = sharpening_curves.gradient_weights([1, 3], [0.5], length=5)
    figure = finite_languages.length_and_weight(exponents, weights, TITLE)
    readable(figure)
    above, below = figure.axes
    assert {text.get_text() for text in above.texts} == {"mle", "k = 1", "k = 3"}
    assert len(above.lines) == 3
    names = {"mle", "convex-exp, k = 1", "convex-exp, k = 3", "convex-power, k = 0.5", "convex-pure"}
    assert {text.get_text() for text in below.texts} == names
    assert len(below.lines) == len(names)


def test_agreement_has_a_row_per_objective_a_mark_per_fit_and_the_limits(fits, readable):
    limits = {"tabular": 1e-4, "string-network": 0.02}
    figure = finite_languages.agreement(fits, limits, PALETTE, TITLE)
    readable(figure)
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        *("convex-exp, k = 1", "convex-exp, k = 4", "mle", "js"),
    ]
    drawn = [line for line in axis.lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in drawn) == (fits.metric == "distance-from-optimum").sum()
    assert min(x for line in drawn for x in line.get_xdata()) == 1e-12  # a distance of 0 has a place too
    assert {line.get_xdata()[0] for line in axis.lines if line.get_linestyle() != "None"} == set(limits.values())
    assert not finite_languages.agreement(fits.iloc[:0], limits, PALETTE, TITLE).axes
