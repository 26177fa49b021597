import pytest
import torch
from beyond_mle.decoding.corpus import decode_corpus
from toy_models import ToyStepwise, random_sources

from beyond_mle.decoding.greedy import Greedy
from beyond_mle.decoding.sampling import Sampling


class Echo:
    """Gives back the sources, and remembers the batches it saw."""

    def __init__(self):
        self.shapes = []

    def decode(self, model, source_BS, generator=None):
        self.shapes.append(tuple(source_BS.shape))
        return [[token for token in row if token] for row in source_BS.tolist()]


@pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
def test_every_source_once_and_in_order(batch_size):
    sources = random_sources(23)
    echo, done = Echo(), []
    assert decode_corpus(echo, None, sources, batch_size, progress=done.append) == sources
    assert done == [rows for rows, _ in echo.shapes]
    assert sum(done) == 23
    assert max(done) <= batch_size


def test_batches_hold_sources_of_similar_length():
    sources = [[3] * length for length in (1, 9, 1, 9)]
    echo = Echo()
    decode_corpus(echo, None, sources, 2)
    assert echo.shapes == [(2, 9), (2, 1)]


def test_the_batch_size_does_not_matter_to_greedy_decoding():
    model, sources, greedy = ToyStepwise(), random_sources(30), Greedy(Greedy.Options())
    assert decode_corpus(greedy, model, sources, 7) == decode_corpus(greedy, model, sources, 1)


def test_sampling_uses_the_generator():
    model, sources, sampling = ToyStepwise(), random_sources(30), Sampling(Sampling.Options())
    first, same = (
        decode_corpus(sampling, model, sources, 8, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert first == same


def test_without_a_generator_samples_are_those_of_seed_0():
    model, sources, sampling = ToyStepwise(), random_sources(30), Sampling(Sampling.Options())
    seeded = decode_corpus(sampling, model, sources, 8, generator=torch.Generator().manual_seed(0))
    assert decode_corpus(sampling, model, sources, 8) == seeded


def test_no_sources_give_no_outputs():
    assert decode_corpus(Echo(), None, [], 4) == []
