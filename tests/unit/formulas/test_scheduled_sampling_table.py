"""The table of scheduled sampling in closed form: published values, and what must hold at the ends of ε."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.special import rel_entr, softmax

from beyond_mle.formulas.scheduled_sampling_table import EPSILONS, rows
from beyond_mle.tasks.strings import FiniteLanguage

PAIRS = FiniteLanguage(FiniteLanguage.Options(p="dirichlet", symbols=[3, 4])).table
TRIPLES = FiniteLanguage(FiniteLanguage.Options(p="dirichlet", symbols=[3, 3, 3])).table
METRICS = {
    "d-ss": {"truth", "fixed-point", "minimiser"},  # argmax minimises another objective
    "kl": {"truth", "fixed-point", "minimiser", "argmax"},
    "dependence-kept": {"truth", "fixed-point", "minimiser", "argmax"},
    "first-symbol-shift": {"truth", "fixed-point", "minimiser", "argmax"},
    "off-segment": {"truth", "fixed-point", "minimiser", "argmax"},
}


def indexed(pairs: np.ndarray, triples: np.ndarray) -> pd.Series:
    """task, model, metric, epsilon → value."""
    return pd.DataFrame(rows(pairs, triples)).set_index(["task", "model", "metric", "epsilon"]).value.sort_index()


@pytest.fixture(scope="module")
def table() -> pd.Series:
    return indexed(PAIRS, TRIPLES)


@pytest.mark.parametrize(
    ("model", "metric", "epsilon", "value"),
    [
        # An independent implementation, published to the digits given.
        ("minimiser", "d-ss", 0.5, 0.0383804),
        ("fixed-point", "d-ss", 0.5, 0.0385143),
        ("truth", "d-ss", 0.5, 0.0858580),
        ("minimiser", "d-ss", 0.9, 0.0146853),
        ("fixed-point", "d-ss", 0.1, 0.0140919),
    ],
)
def test_published_values(table, model, metric, epsilon, value):
    assert table["strings-pairs", model, metric, epsilon] == pytest.approx(value, abs=6e-8)


@pytest.mark.parametrize(
    ("task", "model", "metric", "value"),
    [
        ("strings-pairs", "truth", "off-segment", 0.070655),
        ("strings-pairs", "fixed-point", "kl", 0.074592),
        ("strings-pairs", "fixed-point", "dependence-kept", 9.69723),
        ("strings-pairs", "minimiser", "kl", 0.074286),
        ("strings-pairs", "minimiser", "first-symbol-shift", 0.004268),
        ("strings-pairs", "argmax", "kl", 0.027031),
        ("strings-pairs", "argmax", "dependence-kept", 66.448),
        ("strings-triples", "fixed-point", "kl", 0.228181),
        ("strings-triples", "fixed-point", "dependence-kept", 9.22109),
        ("strings-triples", "fixed-point", "prefix-effect", 0.217795),
    ],
)
def test_values_of_an_earlier_reference_run(table, task, model, metric, value):
    assert table[task, model, metric, 0.3] == pytest.approx(value, rel=1e-5, abs=1e-6)


def test_the_published_distance_from_the_segment(table):
    assert table["strings-pairs", "minimiser", "off-segment", 0.5] == pytest.approx(0.00495, abs=6e-6)


def test_every_solution_has_its_figures_at_every_epsilon_once(table):
    assert table.index.is_unique
    pairs = table["strings-pairs"].reset_index()
    assert {metric: set(own.model) for metric, own in pairs.groupby("metric")} == METRICS
    triples = table["strings-triples"].reset_index()
    assert set(triples.model) == {"fixed-point"}
    assert set(triples.metric) == {"kl", "dependence-kept", "prefix-effect"}
    for own in (
        *(own for _, own in pairs.groupby(["model", "metric"])),
        *(own for _, own in triples.groupby("metric")),
    ):
        assert tuple(own.epsilon) == EPSILONS


def random_languages() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        yield softmax(rng.normal(size=(3, 4))), softmax(rng.normal(size=(2, 3, 2)))


@pytest.mark.parametrize("languages", [(PAIRS, TRIPLES), *random_languages()], ids=["study", "0", "1", "2"])
def test_the_ends_are_independence_and_the_truth(languages):
    p_XY, p_XYZ = languages
    found = indexed(p_XY, p_XYZ)
    information = rel_entr(p_XY, np.outer(p_XY.sum(1), p_XY.sum(0))).sum()
    for model in ("fixed-point", "minimiser"):
        own = found["strings-pairs"][model]
        # ε = 1 is maximum likelihood; ε = 0 leaves the product of the marginals, which loses what the symbols share.
        assert own["kl", 1.0] == pytest.approx(0, abs=1e-10)
        assert own["dependence-kept", 1.0] == pytest.approx(100, abs=1e-6)
        assert own["kl", 0.0] == pytest.approx(information, abs=1e-8)
        assert own["dependence-kept", 0.0] == pytest.approx(0, abs=1e-6)
        for end in (0.0, 1.0):
            assert own["off-segment", end] == pytest.approx(0, abs=1e-9)
    before_XY = p_XYZ.reshape(-1, p_XYZ.shape[-1])
    own = found["strings-triples"]["fixed-point"]
    assert own["kl", 1.0] == pytest.approx(0, abs=1e-10)
    assert own["dependence-kept", 1.0] == pytest.approx(100, abs=1e-6)
    assert own["prefix-effect", 0.0] == pytest.approx(0, abs=1e-10)
    conditional = before_XY / before_XY.sum(1, keepdims=True)
    assert own["prefix-effect", 1.0] == pytest.approx(np.abs(conditional - before_XY.sum(0)).sum(1).max() / 2)


def test_the_truth_keeps_all_and_the_fixed_point_stays_on_the_segment(table):
    pairs = table["strings-pairs"]
    assert (pairs["truth", "kl"] == 0).all()
    np.testing.assert_allclose(pairs["truth", "dependence-kept"], 100)
    np.testing.assert_allclose(pairs["fixed-point", "off-segment"], 0, atol=1e-12)
    for model in ("truth", "fixed-point", "argmax"):
        assert (pairs[model, "first-symbol-shift"] == 0).all()
    assert (pairs["minimiser", "first-symbol-shift"][0.1:0.9] > 1e-4).all()


def test_less_truth_in_training_keeps_less_dependence(table):
    for task in ("strings-pairs", "strings-triples"):
        kept, kl = table[task]["fixed-point", "dependence-kept"], table[task]["fixed-point", "kl"]
        assert kept.is_monotonic_increasing
        assert kl.is_monotonic_decreasing


def test_nothing_scores_below_the_minimiser(table):
    pairs = table["strings-pairs"]
    for model in ("truth", "fixed-point"):
        assert (pairs["minimiser", "d-ss"] <= pairs[model, "d-ss"] + 1e-12).all()
    assert (pairs["minimiser", "d-ss"][0.1:0.9] < pairs["fixed-point", "d-ss"][0.1:0.9] - 1e-7).all()
