"""Every objective reaches its closed form, on languages small enough for a test."""

import pytest

from beyond_mle.stages.sharpen import COLUMNS, sampling, sharpening
from beyond_mle.tasks.strings import StringsOptions
from beyond_mle.theory import TheoryOptions

SMALL = TheoryOptions(
    languages={
        "one-length": StringsOptions(symbols=[3, 3, 3], seed=1),
        "mixed": StringsOptions(symbols=[2, 2, 2, 2], shortest=3, seed=1),
    },
    exponential_orders=[0.5, 2, 3, 5],
    steps=300,
    keep=[0, 0.5, 1],
)


@pytest.fixture(scope="module")
def fits():
    return sharpening(SMALL)


def test_every_model_reaches_every_closed_form(fits):
    distance = fits[fits.metric == "total-variation"]
    assert distance[distance.model == "tabular"].value.max() < 1e-4
    assert distance[distance.model == "string-network"].value.max() < 0.02


def test_the_figures_agree_with_the_closed_form(fits):
    entropy = fits[fits.metric == "sequence-entropy"]
    assert (entropy.value - entropy.closed_form).abs().max() < 0.02
    kl = fits[(fits.metric == "kl") & (fits.closed_form < 20)]
    assert (kl.value - kl.closed_form).abs().max() < 0.02


def test_orders_without_a_closed_form_are_left_out_and_one_length_has_one_average(fits):
    assert list(fits.columns) == COLUMNS
    orders = fits[fits.objective == "convex-exp"].groupby("task").order.unique()
    assert list(orders["one-length"]) == [0.5, 2, 3, 5]
    assert list(orders["mixed"]) == [0.5, 2, 5]
    assert set(fits[fits.task == "one-length"].average) == {"sentence"}
    assert set(fits[fits.task == "mixed"].average) == {"sentence", "token"}
    assert set(fits.objective) == {"mle", "convex-exp", "convex-power", "convex-pure", "reverse-kl", "js"}


def test_entropy_falls_with_the_order_down_to_one_string(fits):
    rows = fits[(fits.task == "one-length") & (fits.model == "tabular") & (fits.metric == "sequence-entropy")]
    values = [*rows[rows.objective == "mle"].value, *rows[rows.objective == "convex-exp"].value]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 1e-6


def test_scheduled_sampling_table():
    table = sampling(SMALL).set_index(["task", "keep", "solution", "metric"]).value
    pairs, triples = table["strings-pairs"], table["strings-triples"]
    assert pairs[0.5, "minimiser", "d-ss"] == pytest.approx(0.0383804, abs=6e-8)
    assert pairs[0.5, "minimiser", "off-segment"] == pytest.approx(0.00495, abs=6e-6)
    assert pairs[0.5, "fixed-point", "off-segment"] == pytest.approx(0, abs=1e-12)
    assert (0.5, "argmax", "d-ss") not in pairs.index
    for solutions in (pairs, triples):
        assert solutions[0, "fixed-point", "dependence-kept"] == pytest.approx(0, abs=1e-9)
        assert solutions[1, "fixed-point", "dependence-kept"] == pytest.approx(100, abs=1e-9)
        assert solutions[1, "fixed-point", "kl"] == pytest.approx(0, abs=1e-12)
    assert triples[0, "fixed-point", "prefix-effect"] == pytest.approx(0, abs=1e-12)
    assert triples[0.5, "fixed-point", "prefix-effect"] > 0.01
