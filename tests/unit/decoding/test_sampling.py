from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from toy_models import WORDS, ToyStepwise, all_outputs, random_sources

from beyond_mle.decoding.sampling import Sampling, SamplingOptions, invert_cumulative
from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import EOS
from beyond_mle.text.padding import pad

LARGEST = 1 - 2**-24
"""The largest number below 1 that torch.rand gives in float32."""


def exact_probability(model, source, tokens, limit, temperature):
    """Of an output at a temperature; one of `limit` tokens needs no EOS."""
    whole = (*tokens, EOS)[:limit]
    steps = [
        (model.next_log_probs(source, whole[:t]).double() / temperature).softmax(0)[token]
        for t, token in enumerate(whole)
    ]
    return float(torch.stack(steps).prod())


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_frequencies_are_the_exact_probabilities(temperature):
    model, source, limit, n = ToyStepwise(sharpness=0.7), [4, 5, EOS], 3, 20_000
    sampling = Sampling(Sampling.Options(temperature=temperature, max_ratio=0, max_extra=limit))
    samples = sampling.decode(model, pad([source] * n), torch.Generator().manual_seed(1))
    counts = Counter(map(tuple, samples))
    support = all_outputs(limit)
    expected = np.array([n * exact_probability(model, source, y, limit, temperature) for y in support])
    assert expected.sum() == pytest.approx(n)
    assert set(counts) <= set(support)
    observed = np.array([counts[y] for y in support])
    enough = expected >= 5
    pooled = [np.append(x[enough], x[~enough].sum()) for x in (observed, expected)]
    pooled = [x[:-1] if enough.all() else x for x in pooled]
    assert chisquare(*pooled).pvalue > 0.001


def test_a_sample_does_not_depend_on_rows_that_left_the_batch():
    model, sources = ToyStepwise(), random_sources(30)
    options = Sampling.Options(max_ratio=0, max_extra=4)
    samples = Sampling(options).decode(model, pad(sources), torch.Generator().manual_seed(5))
    uniform_BT = torch.rand(30, 4, generator=torch.Generator().manual_seed(5)).tolist()
    for source, sample, uniform_T in zip(sources, samples, uniform_BT, strict=True):
        tokens = ()
        for uniform in uniform_T:
            cumulative = np.cumsum(model.next_log_probs(source, tokens).double().exp().numpy())
            token = int(np.searchsorted(cumulative, (1 - uniform) * cumulative[-1]))
            if token == EOS:
                break
            tokens = (*tokens, token)
        assert sample == list(tokens)


def test_equal_seeds_give_equal_samples_and_others_do_not():
    model, source_BS = ToyStepwise(), pad(random_sources(50))
    sampling = Sampling(Sampling.Options())
    first, same, other = (sampling.decode(model, source_BS, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_a_low_temperature_is_greedy():
    model, sources = ToyStepwise(), random_sources(20)
    sampling = Sampling(Sampling.Options(temperature=1e-3))
    greedy = DECODERS["greedy"](DECODERS["greedy"].Options(min_length=0))
    generator = torch.Generator().manual_seed(0)
    assert sampling.decode(model, pad(sources), generator) == greedy.decode(model, pad(sources))


@given(
    st.lists(st.sampled_from([0.0, 1e-30, 0.1, 0.3, 1.0]), min_size=1, max_size=9).filter(any),
    st.sampled_from([0.0, 0.25, 0.5, 0.999, LARGEST]),
)
def test_only_possible_tokens_are_drawn(weights, uniform):
    prob_RV = torch.tensor([weights])
    [index] = invert_cumulative(prob_RV / prob_RV.sum(), torch.tensor([uniform])).tolist()
    assert weights[index] > 0


def test_needs_a_generator():
    with pytest.raises(ValueError, match="Generator"):
        Sampling(Sampling.Options()).decode(ToyStepwise(), pad([[*WORDS, EOS]]))


CUTS = [
    ({"nucleus": 0.7}, [0.3, 0.0, 0.4, 0.0, 0.0]),
    ({"nucleus": 0.71}, [0.3, 0.2, 0.4, 0.0, 0.0]),
    ({"nucleus": 1e-6}, [0.0, 0.0, 0.4, 0.0, 0.0]),
    ({"cutoff": 0.15}, [0.3, 0.2, 0.4, 0.0, 0.0]),
    ({"cutoff": 0.9}, [0.0, 0.0, 0.4, 0.0, 0.0]),
    ({"cutoff": 0.25, "nucleus": 0.3}, [0.0, 0.0, 0.4, 0.0, 0.0]),
]
"""What is left of the distribution .3 .2 .4 .1 0."""


@pytest.mark.parametrize(("options", "left"), CUTS)
def test_a_cut_leaves_the_likeliest_tokens(options, left):
    q = torch.tensor([0.3, 0.2, 0.4, 0.1, 0.0], dtype=torch.float64)
    kept = SamplingOptions(**options).cut(torch.stack([q, q.flip(0)]).log())
    expected = torch.tensor([left, left[::-1]], dtype=torch.float64)
    torch.testing.assert_close(kept.exp(), expected)


def test_without_a_cut_the_scores_are_not_touched():
    log_prob = torch.randn(3, 2, 5)
    assert SamplingOptions(temperature=0.5).cut(log_prob) is log_prob


@pytest.mark.parametrize("options", [{"nucleus": 0.8}, {"cutoff": 0.2}, {"cutoff": 0.2, "temperature": 0.5}])
def test_frequencies_with_a_cut_are_those_of_what_is_left(options):
    """Renormalised after each prefix; the cut judges q itself, before the temperature."""
    model, source, n = ToyStepwise(sharpness=0.7), [4, 5, EOS], 20_000
    decoder = Sampling(Sampling.Options(max_ratio=0, max_extra=1, **options))
    samples = decoder.decode(model, pad([source] * n), torch.Generator().manual_seed(1))
    q_V = model.next_log_probs(source, ()).double().exp()
    sorted_q, token = q_V.sort(descending=True)
    kept = token[(sorted_q.cumsum(0) - sorted_q < options.get("nucleus", 1)) & (sorted_q >= options.get("cutoff", 0))]
    weight = q_V[kept] ** (1 / options.get("temperature", 1))
    expected = {
        tuple([t] * (t != EOS)): w for t, w in zip(kept.tolist(), (weight / weight.sum()).tolist(), strict=True)
    }
    counts = Counter(map(tuple, samples))
    assert set(counts) == set(expected)
    assert 1 < len(expected) < 4, "the cut should leave out something, and not all but one"
    assert chisquare([counts[y] for y in expected], [n * w for w in expected.values()]).pvalue > 1e-3


@pytest.mark.parametrize(
    "options", [{"samples": 0}, {"temperature": 0}, {"nucleus": 0}, {"nucleus": 1.5}, {"cutoff": 1}, {"cutoff": -0.1}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError, match=rf"decoders.sample.{next(iter(options))}"):
        parse(Sampling.Options, options, "decoders.sample")
