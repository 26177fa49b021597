import pytest
import torch
from toy_models import ToyStepwise, random_sources

from beyond_mle.decoding.greedy import Greedy
from beyond_mle.decoding.sampling import Sampling
from beyond_mle.decoding.text_decoder import decode_corpus
from beyond_mle.text.encoded import EncodedPairs


class Echo:
    """Gives back the sources, and remembers the batches it saw."""

    device = torch.device("cpu")

    def __init__(self):
        self.shapes = []

    def decode(self, model, source_BS, generator=None):
        self.shapes.append(tuple(source_BS.shape))
        return [[token for token in row if token] for row in source_BS.tolist()]


@pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
def test_every_source_once_and_in_order(batch_size):
    sources = random_sources(23)
    echo, done = Echo(), []
    assert decode_corpus(echo, echo, sources, batch_size, progress=done.append) == sources
    assert done == [rows for rows, _ in echo.shapes]
    assert sum(done) == 23
    assert max(done) <= batch_size


def test_batches_hold_sources_of_similar_length():
    sources = [[3] * length for length in (1, 9, 1, 9)]
    echo = Echo()
    decode_corpus(echo, echo, sources, 2)
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


class Corpus:
    """Text data whose texts are their own token ids, as words."""

    def __init__(self, sources):
        self.sources = sources

    def pairs(self, split):
        assert split == "test"
        return EncodedPairs.from_pairs(self.sources, [[4]] * len(self.sources))

    def decode(self, outputs):
        return [" ".join(map(str, output)) for output in outputs]


def test_outputs_are_the_texts_of_each_source():
    model, sources, greedy = ToyStepwise(), random_sources(10), Greedy(Greedy.Options())
    corpus = Corpus(sources)
    expected = [[text] for text in corpus.decode(decode_corpus(greedy, model, sources, 4))]
    assert greedy.outputs(model, corpus, "test", 4) == expected
    assert greedy.outputs(model, corpus, "test", 4, limit=3) == expected[:3]


def test_fewer_samples_are_the_first_of_more_and_those_of_seed_0_unless_said():
    model, corpus = ToyStepwise(), Corpus(random_sources(10))
    two, three = (Sampling(Sampling.Options(samples=n)).outputs(model, corpus, "test", 4) for n in (2, 3))
    assert [texts[:2] for texts in three] == two
    seeded = Sampling(Sampling.Options(samples=2)).outputs(model, corpus, "test", 4, torch.Generator().manual_seed(0))
    assert seeded == two


def test_no_sources_give_no_outputs():
    assert decode_corpus(Echo(), Echo(), [], 4) == []
