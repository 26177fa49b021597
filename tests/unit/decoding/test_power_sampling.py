"""Power sampling against the exact distribution, on models whose every output is listed."""

from collections import Counter
from functools import cache, partial

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from toy_models import ToyStepwise, random_sources

from beyond_mle.decoding.power_sampling import PowerSampling
from beyond_mle.errors import UserError
from beyond_mle.formulas.exponential_optimum import optimum
from beyond_mle.options import parse
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import pad
from beyond_mle.types import LogProb

SOURCE = [4, 5, EOS]


class ToyListed(ToyStepwise):
    """Outputs of exactly two words, 3 × 3 of them, with their log-probabilities."""

    def __init__(self) -> None:
        super().__init__(seed=3, sharpness=1.0, prefixes=6**5)
        logits = self.table.clone()
        logits[:, :36, EOS] = -torch.inf  # prefixes of no word and of one
        logits[:, 36:, :] = -torch.inf
        logits[:, 36:, EOS] = 0
        self.table = logits.log_softmax(-1)
        self.known = cache(partial(ToyStepwise.log_prob, self))

    def log_prob(self, batch):
        pairs = zip(batch.source_BS.tolist(), batch.target_BT.tolist(), strict=True)
        totals = [self.known(tuple(t for t in source if t != PAD), tuple(target)) for source, target in pairs]
        return LogProb(torch.tensor(totals), (batch.target_BT != PAD).sum(1), boundary=1)


def decode(n, seed=1, **options):
    decoder = PowerSampling(PowerSampling.Options(**options))
    return decoder.decode(ToyListed(), pad([SOURCE] * n), torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def listed():
    """q of every output."""
    model, words = ToyListed(), (3, 4, 5)
    outputs = [(a, b) for a in words for b in words]
    return {y: np.exp(ToyStepwise.log_prob(model, SOURCE, y)) for y in outputs}


def assert_drawn_from(outputs, q):
    counts = Counter(map(tuple, outputs))
    assert set(counts) <= set(q)
    expected = len(outputs) * np.array(list(q.values()))
    assert chisquare([counts[y] for y in q], expected * len(outputs) / expected.sum()).pvalue > 1e-3


def test_one_candidate_is_a_sample_of_the_model(listed):
    assert_drawn_from(decode(3000, candidates=1), listed)


@pytest.mark.parametrize("order", [1.5, 2])
def test_many_candidates_give_the_optimum_of_the_convex_objective(listed, order):
    """T = 3 with EOS: the escort of exponent 3/(3 − k)."""
    q_N = optimum(np.array(list(listed.values())), np.full(9, 3), order, "token")
    escort = dict(zip(listed, q_N, strict=True))
    np.testing.assert_allclose(q_N, (p := np.array([*listed.values()]) ** (3 / (3 - order))) / p.sum(), atol=1e-9)
    outputs = decode(400, order=order, candidates=100)
    assert_drawn_from(outputs, escort)
    with pytest.raises(AssertionError):  # and nothing like the model itself
        assert_drawn_from(outputs, listed)


@pytest.mark.parametrize("order", [3, 8])
def test_from_the_length_on_it_takes_the_likeliest(listed, order):
    assert set(map(tuple, decode(20, order=order, candidates=200))) == {max(listed, key=listed.__getitem__)}


def test_sources_of_a_batch_keep_their_own_outputs():
    """With so many candidates that the order alone decides."""
    model, sources = ToyListed(), random_sources(6)
    decoder = PowerSampling(PowerSampling.Options(order=8, candidates=100))
    found = decoder.decode(model, pad(sources), torch.Generator().manual_seed(0))
    for source, output in zip(sources, found, strict=True):
        best = max(((a, b) for a in (3, 4, 5) for b in (3, 4, 5)), key=lambda y: ToyStepwise.log_prob(model, source, y))
        assert tuple(output) == best
        assert not {PAD, BOS, EOS} & set(output)


def test_the_seed_decides():
    assert decode(50, seed=2) == decode(50, seed=2)
    assert decode(50, seed=2) != decode(50, seed=3)


def test_needs_a_generator():
    with pytest.raises(ValueError, match="Generator"):
        PowerSampling(PowerSampling.Options()).decode(ToyListed(), pad([SOURCE]))


@pytest.mark.parametrize("options", [{"order": 0}, {"candidates": 0}, {"samples": 0}, {"temperature": 0.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError, match=rf"decoders.power-sample.{next(iter(options))}"):
        parse(PowerSampling.Options, options, "decoders.power-sample")
