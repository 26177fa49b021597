"""p as a model: its table, and that what decoders and yardsticks see of it agrees with the table."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch

from beyond_mle.decoding.beam import beam_search
from beyond_mle.decoding.greedy import Greedy
from beyond_mle.decoding.sampling import Sampling
from beyond_mle.errors import UserError
from beyond_mle.formulas.exponential_optimum import greedy_of
from beyond_mle.models.oracle import Oracle
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.padding import pad
from beyond_mle.types import TextBatch, TextSpec

VOCABULARY = 8
SOURCES = [[4, EOS], [5, 6, EOS]]
TRUTH = [
    {(6, 7): 0.4, (5, 4, 4): 0.25, (5, 4, 5): 0.2, (5, 4): 0.15},
    {(4,): 0.5, (4, 4): 0.3, (7, 4): 0.2},
]
"""Of the first, greedy search finds (5, 4, 4), not the likeliest one."""


class Data:
    """Texts are token ids with spaces between."""

    def truth(self):
        return [{"outputs": [text(y) for y in p], "log_p": np.log(list(p.values())).tolist()} for p in TRUTH]

    def pairs(self, split):
        assert split == "test"
        return EncodedPairs.from_pairs(SOURCES, [[4], [4]])

    def encode(self, texts):
        return [list(map(int, one.split())) for one in texts]


def text(tokens) -> str:
    return " ".join(map(str, tokens))


@pytest.fixture
def oracle() -> Oracle:
    model = Oracle(Oracle.Options(), TextSpec(VOCABULARY))
    model.use(Data())
    return model.eval()


def test_it_lists_p(oracle):
    assert oracle.sources == [tuple(source) for source in SOURCES]
    assert oracle.longest_output == 3
    for source, p in zip(SOURCES, TRUTH, strict=True):
        outputs, q_N = oracle.distribution(source)
        assert [tuple(output) for output in outputs] == list(p)
        np.testing.assert_allclose(q_N, list(p.values()), rtol=1e-12)
        assert q_N.sum() == pytest.approx(1, abs=1e-12)


def test_the_distribution_of_one_source_can_be_replaced(oracle):
    q_N = np.array([0.1, 0.2, 0.7])
    oracle.set_distribution(SOURCES[1], q_N)
    np.testing.assert_array_equal(oracle.distribution(SOURCES[1])[1], q_N)
    np.testing.assert_allclose(oracle.distribution(SOURCES[0])[1], list(TRUTH[0].values()))


def test_the_table_is_what_its_checkpoint_holds(oracle):
    oracle.set_distribution(SOURCES[1], np.array([0.1, 0.2, 0.7]))
    assert list(oracle.state_dict()) == ["q_N"]
    again = Oracle(Oracle.Options(), TextSpec(VOCABULARY))
    again.use(Data())
    again.load_state_dict(oracle.state_dict())
    np.testing.assert_array_equal(again.distribution(SOURCES[1])[1], [0.1, 0.2, 0.7])


def test_other_sources_are_refused(oracle):
    with pytest.raises(UserError, match="test sources only"):
        oracle.distribution([4, 4, EOS])


def test_log_prob_is_that_of_the_table_and_minus_infinity_elsewhere(oracle):
    pairs = [(source, y) for source, p in zip(SOURCES, TRUTH, strict=True) for y in (*p, (7, 7))]
    log_prob = oracle.log_prob(TextBatch(pad([source for source, _ in pairs]), pad([y for _, y in pairs])))
    expected = [p.get(y, 0.0) for p in TRUTH for y in (*p, (7, 7))]
    np.testing.assert_allclose(log_prob.total_B.exp(), expected)
    assert log_prob.length_B.tolist() == [len(y) for _, y in pairs]
    assert (log_prob.certainty, log_prob.boundary) == ("exact", 1)


def test_steps_multiply_to_the_table(oracle):
    """Of every string of up to three tokens, whether it is listed or not."""
    for source, p in zip(SOURCES, TRUTH, strict=True):
        for tokens in itertools.chain.from_iterable(itertools.product((4, 5, 6, 7), repeat=n) for n in range(4)):
            state, log_q = oracle.start(pad([source]), 4), 0.0
            for fed, following in itertools.pairwise((BOS, *tokens, EOS)):
                log_q += oracle.step(torch.tensor([fed]), state)[0, following].item()
            assert np.exp(log_q) == pytest.approx(p.get(tokens, 0.0), abs=1e-12)


def test_a_step_is_a_distribution_without_pad_and_bos(oracle):
    state = oracle.start(pad(SOURCES), 4)
    q_RV = oracle.step(torch.tensor([BOS, BOS]), state).exp()
    assert q_RV.shape == (2, VOCABULARY)
    torch.testing.assert_close(q_RV.sum(1), torch.ones(2, dtype=torch.float64))
    assert not q_RV[:, [PAD, BOS]].any()


def test_a_state_follows_the_selection_of_rows(oracle):
    state = oracle.start(pad(SOURCES), 4)
    oracle.step(torch.tensor([BOS, BOS]), state)
    state.select(torch.tensor([1, 0, 0]))
    q_RV = oracle.step(torch.tensor([4, 5, 6]), state).exp()
    torch.testing.assert_close(q_RV[0, [4, EOS]], torch.tensor([0.3, 0.5]).double() / 0.8)
    assert q_RV[1, 4] == 1
    assert q_RV[2, 7] == 1


def test_decoders_agree_with_the_table(oracle):
    source_BS = pad(SOURCES)
    greedy = Greedy(Greedy.Options()).decode(oracle, source_BS)
    assert [tuple(output) for output in greedy] == [greedy_of(p) for p in TRUTH] == [(5, 4, 4), (4,)]
    limit_B = torch.full((2,), oracle.longest_output)
    for found, p in zip(beam_search(oracle, source_BS, limit_B, 10, 0.0), TRUTH, strict=True):
        ranked = sorted(p, key=p.__getitem__, reverse=True)
        assert [tuple(hypothesis.tokens) for hypothesis in found] == ranked
        scores = [hypothesis.score for hypothesis in found]
        np.testing.assert_allclose(np.exp(scores), [p[y] for y in ranked], rtol=1e-5)


def test_an_output_may_end_long_before_the_others_of_its_batch():
    class Uneven(Data):
        def truth(self):
            return [{"outputs": ["4"], "log_p": [0.0]}, {"outputs": ["5 6 7 4 5 6"], "log_p": [0.0]}]

    model = Oracle(Oracle.Options(), TextSpec(VOCABULARY))
    model.use(Uneven())
    source_BS = pad([SOURCES[0], *[SOURCES[1]] * 8])
    expected = [[4], *[[5, 6, 7, 4, 5, 6]] * 8]
    assert Greedy(Greedy.Options()).decode(model, source_BS) == expected
    assert Sampling(Sampling.Options()).decode(model, source_BS, torch.Generator().manual_seed(0)) == expected


def test_samples_have_the_frequencies_of_the_table(oracle):
    n = 4000
    sampling = Sampling(Sampling.Options())
    samples = sampling.decode(oracle, pad([SOURCES[0]] * n), torch.Generator().manual_seed(0))
    counts = Counter(map(tuple, samples))
    assert set(counts) == set(TRUTH[0])
    for output, p in TRUTH[0].items():
        assert counts[output] / n == pytest.approx(p, abs=0.03)  # sd below 0.008
