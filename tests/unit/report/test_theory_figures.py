import pytest
from beyond_mle.stages.sharpen import sampling, sharpening
from beyond_mle.theory import TheoryOptions

from beyond_mle.report import theory, theory_figures
from beyond_mle.tasks.strings import StringsOptions

SETTINGS = TheoryOptions(
    languages={"a": StringsOptions(symbols=[2, 2]), "b": StringsOptions(symbols=[2, 2, 2], shortest=2)},
    exponential_orders=[1, 4],
    power_orders=[0.5],
    network_width=8,
    steps=20,
    keep=[0, 0.5, 1],
)


@pytest.fixture(scope="module")
def fits():
    return sharpening(SETTINGS)


def test_sharpening_has_a_line_per_order_and_a_point_per_fit(fits):
    points = fits.query("metric == 'sequence-entropy' and objective == 'convex-exp' and average == 'sentence'")
    ranked = theory.ranked(SETTINGS.languages["a"], [0, 1, 2])
    left, right = theory_figures.sharpening(ranked, theory.entropies(SETTINGS.languages, 4.0), points).axes
    assert len(left.lines) == 3
    assert [len(line.get_xdata()) for line in left.lines] == [4, 4, 1]
    drawn = [x for line in right.lines if line.get_linestyle() == "None" for x in line.get_xdata()]
    assert sorted(drawn) == sorted(points.order)


def test_length_and_weight_has_a_line_per_knob():
    figure = theory_figures.length_and_weight(
        theory.exponents([1, 3], 10), theory.gradient_weights([1, 3], [0.5], length=5)
    )
    left, right = figure.axes
    assert len(left.lines) == 2 + 1  # and the line of MLE
    assert [text.get_text() for text in right.get_legend().get_texts()] == [
        "mle",
        "convex-exp, k = 1",
        "convex-exp, k = 3",
        "convex-power, k = 0.5",
        "convex-pure",
    ]


def test_agreement_has_a_panel_per_language_and_average(fits):
    figure = theory_figures.agreement(fits[fits.metric == "total-variation"], {"tabular": 1e-4, "string-network": 0.02})
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "b, per token"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    convex = ["convex-exp, k = 1", "convex-exp, k = 4", "convex-power, k = 0.5", "convex-pure"]
    assert names == ["mle", *convex, "reverse-kl", "js"]
    points = figure.axes[0].lines[0]
    assert points.get_ydata().tolist() == list(range(len(names)))
    assert (points.get_xdata() >= 1e-12).all()


def test_scheduled_sampling_draws_each_solution_where_it_has_the_metric():
    figure = theory_figures.scheduled_sampling(sampling(SETTINGS))
    assert [len(axis.lines) for axis in figure.axes] == [3, 5, 5, 4]
    assert all(line.get_xdata().tolist() == [0, 0.5, 1] for axis in figure.axes for line in axis.lines)
