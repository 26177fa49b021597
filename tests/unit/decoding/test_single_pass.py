import itertools

import pytest
import torch
from toy_models import N_SOURCES, WORDS, ToyOnePass, random_sources

from beyond_mle.decoding.single_pass import SinglePass, candidate_lengths
from beyond_mle.text.padding import pad


def best_of_length(model, code, length):
    """The likeliest output of a length among all of them, and its log-probability."""
    table_TV = model.words[code, length]

    def total(words):
        return sum(float(table_TV[t, word]) for t, word in enumerate(words))

    best = max(itertools.product(WORDS, repeat=length), key=total)
    return list(best), total(best)


@pytest.mark.parametrize("length_beam", [1, 2, 3, 4, 9])
def test_the_best_candidate_among_all_outputs_of_the_best_lengths(length_beam):
    model, sources = ToyOnePass(), random_sources(30)
    outputs = SinglePass(SinglePass.Options(length_beam=length_beam)).decode(model, pad(sources))
    for source, output in zip(sources, outputs, strict=True):
        code = sum(source) % N_SOURCES
        lengths = sorted((1, 2, 3, 5), key=lambda length: -float(model.lengths[code, length]))[:length_beam]
        candidates = [best_of_length(model, code, length) for length in lengths]
        assert output == max(candidates, key=lambda pair: pair[1] / (len(pair[0]) + 2))[0]


def test_padding_and_batch_do_not_matter():
    model, sources = ToyOnePass(), random_sources(20)
    decoder = SinglePass(SinglePass.Options(length_beam=3))
    together = decoder.decode(model, torch.nn.functional.pad(pad(sources), (0, 2)))
    assert together == [decoder.decode(model, pad([source]))[0] for source in sources]


def test_impossible_lengths_are_replaced_by_the_best():
    length_log_prob_BL = torch.tensor([[-torch.inf, -1.0, -0.4, -torch.inf], [-torch.inf, -1.2, -1.1, -1.0]])
    assert candidate_lengths(length_log_prob_BL, 3).tolist() == [[2, 1, 2], [3, 2, 1]]
