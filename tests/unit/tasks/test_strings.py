import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions

LANGUAGES = [
    StringsOptions(),
    StringsOptions(p="markov", symbols=[3, 2, 4]),
    StringsOptions(p="dirichlet", symbols=[3, 4]),
    StringsOptions(symbols=[2, 2, 2], shortest=1),
    StringsOptions(p="markov", symbols=[2, 2, 2], shortest=2),
]


@pytest.mark.parametrize("options", LANGUAGES, ids=str)
def test_p_is_a_distribution_over_all_strings(options):
    language = FiniteLanguage(options)
    assert language.p_N.sum() == pytest.approx(1, abs=1e-12)
    lengths = range(options.shortest or len(options.symbols), len(options.symbols) + 1)
    assert len(language.support) == sum(math.prod(options.symbols[:n]) for n in lengths)
    assert len(set(language.support)) == len(language.support)
    assert language.length_N.tolist() == [len(string) for string in language.support]
    assert language.entropy == pytest.approx(-np.sum(language.p_N * np.log(language.p_N)))
    assert language.log_prob(language.mode) == language.log_p_N.max()
    assert language.log_prob((9, 9)) == -math.inf


def test_the_pair_language_is_the_published_example():
    language = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[3, 4]))
    np.testing.assert_array_equal(
        language.table.round(12), np.random.RandomState(0).dirichlet([0.6] * 12).reshape(3, 4).round(12)
    )
    for x, y in itertools.product(range(3), range(4)):
        assert language.log_prob((x, y)) == pytest.approx(math.log(language.table[x, y]))


def test_markov_forgets_all_but_the_last_symbol():
    p = FiniteLanguage(StringsOptions(p="markov", symbols=[3, 3, 3])).table
    next_given_two = p / p.sum(2, keepdims=True)
    np.testing.assert_allclose(next_given_two, np.broadcast_to(next_given_two[:1], p.shape))
    next_given_one = p.sum(2) / p.sum((1, 2))[:, None]
    assert np.abs(next_given_one[0] - next_given_one[1]).max() > 0.01


def test_every_length_of_a_mixed_markov_language_is_equally_likely():
    language = FiniteLanguage(StringsOptions(p="markov", symbols=[2, 2, 2], shortest=2))
    assert language.p_N[language.length_N == 2].sum() == pytest.approx(0.5)


def test_samples_have_the_frequencies_of_p():
    language = FiniteLanguage(StringsOptions(p="dirichlet", symbols=[2, 2]))
    drawn = language.sample(20_000, np.random.default_rng(0))
    frequencies = [drawn.count(string) / len(drawn) for string in language.support]
    np.testing.assert_allclose(frequencies, language.p_N, atol=0.015)


def test_the_seed_decides():
    one, same, other = (FiniteLanguage(StringsOptions(seed=seed)).log_p_N for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1


def test_wrong_use_is_refused():
    with pytest.raises(UserError, match="shortest = 3 exceeds the greatest length, 2"):
        FiniteLanguage(StringsOptions(symbols=[2, 2], shortest=3))
    with pytest.raises(UserError, match="mixed lengths has no table"):
        _ = FiniteLanguage(StringsOptions(symbols=[2, 2], shortest=1)).table


@pytest.mark.parametrize("options", LANGUAGES, ids=str)
def test_the_whole_is_every_string_with_its_probability(options):
    language = FiniteLanguage(options)
    data = language.open(Path())
    whole = data.whole()
    np.testing.assert_allclose(whole.density.weight_B, language.p_N)
    assert [data.spec.support[index] for index in whole.index_B] == language.support


def test_the_folder_lists_the_strings_for_people(tmp_path):
    language = FiniteLanguage(StringsOptions(symbols=[2, 2], shortest=1))
    assert language.prepare({}, tmp_path) == {"all": {"read": 6, "kept": 6, "dropped": {}}}
    rows = read_jsonl(tmp_path / "strings.jsonl")
    assert [tuple(row["string"]) for row in rows] == language.support
    assert [row["p"] for row in rows] == pytest.approx(language.p_N.tolist())
