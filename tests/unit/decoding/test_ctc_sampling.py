from collections import Counter

import pytest
import torch
from scipy.stats import chisquare
from toy_aligned import ToyAligned, output_probs

from beyond_mle.decoding.ctc_best_path import CTCBestPath
from beyond_mle.decoding.ctc_sampling import CTCSampling
from beyond_mle.text.padding import pad

N = 20_000


def sample(model, sources, temperature=1.0, seed=0):
    decoder = CTCSampling(CTCSampling.Options(temperature=temperature))
    return decoder.decode(model, pad(sources), torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_frequencies_are_the_exact_probabilities_of_the_outputs(temperature):
    """Also of the shorter of two sources, whose row is padded."""
    model, sources = ToyAligned(), [[5, 9, 2], [4, 7, 8, 2]]
    drawn = sample(model, sources * N, temperature)
    for row, source in enumerate(sources):
        probs = output_probs((model.own_table(source) / temperature).log_softmax(dim=1))
        counts = Counter(map(tuple, drawn[row::2]))
        assert set(counts) <= set(probs)
        common = [output for output in probs if probs[output] * N >= 5]
        rare = 1 - sum(probs[output] for output in common)
        observed = [*(counts[output] for output in common), N - sum(counts[output] for output in common)]
        expected = [*(probs[output] * N for output in common), rare * N]
        if rare * N < 5:  # too few for the test: with the last of the others
            observed[-2:], expected[-2:] = [sum(observed[-2:])], [sum(expected[-2:])]
        assert chisquare(observed, expected).pvalue > 1e-3


def test_the_seed_decides():
    model, sources = ToyAligned(), [[5, 9, 4, 2]] * 50
    assert sample(model, sources, seed=3) == sample(model, sources, seed=3)
    assert sample(model, sources, seed=3) != sample(model, sources, seed=4)


def test_a_low_temperature_gives_the_best_path():
    model, sources = ToyAligned(), [[5, 9, 4, 2], [6, 2]]
    best = CTCBestPath(CTCBestPath.Options()).decode(model, pad(sources))
    assert sample(model, sources, temperature=1e-4) == best


def test_the_smallest_nucleus_is_the_best_path():
    """And so is the highest cut-off: a symbol of each position's own is always left."""
    model, source_BS = ToyAligned(), pad([[5, 9, 4, 2], [6, 2]])
    best = CTCBestPath(CTCBestPath.Options()).decode(model, source_BS)
    for cut in ({"nucleus": 1e-6}, {"cutoff": 0.999}):
        decoder = CTCSampling(CTCSampling.Options(**cut))
        assert decoder.decode(model, source_BS, torch.Generator().manual_seed(0)) == best


def test_needs_a_generator():
    with pytest.raises(ValueError, match="Generator"):
        CTCSampling(CTCSampling.Options()).decode(ToyAligned(), pad([[4, 2]]))
