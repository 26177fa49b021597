import math

import pytest
import torch
from toy_aligned import BLANK, ToyAligned, output_probs
from toy_models import random_sources

from beyond_mle.decoding.ctc_best_path import CTCBestPath
from beyond_mle.decoding.ctc_prefix_beam import CTCPrefixBeam, prefix_beam_search
from beyond_mle.text.padding import pad

ALL_PREFIXES = 400  # more than there are outputs of up to 5 positions


def decode(model, sources, size):
    return CTCPrefixBeam(CTCPrefixBeam.Options(size=size)).decode(model, pad(sources))


def naive_prefix_beam(table_UV, size):
    """The textbook algorithm on a dictionary: prefix → probability of ending in blank, and in a token."""
    prefixes = {(): (1.0, 0.0)}
    for probs in table_UV.exp().tolist():
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (blank, token) in prefixes.items():
            for symbol, prob in enumerate(probs):
                if symbol == BLANK:
                    grown.setdefault(prefix, [0.0, 0.0])[0] += prob * (blank + token)
                elif prefix and symbol == prefix[-1]:
                    grown.setdefault(prefix, [0.0, 0.0])[1] += prob * token
                    grown.setdefault((*prefix, symbol), [0.0, 0.0])[1] += prob * blank
                else:
                    grown.setdefault((*prefix, symbol), [0.0, 0.0])[1] += prob * (blank + token)
        prefixes = dict(sorted(grown.items(), key=lambda item: -sum(item[1]))[:size])
    best = max(prefixes, key=lambda prefix: sum(prefixes[prefix]))
    return list(best), sum(prefixes[best])


@pytest.mark.parametrize("seed", range(3))
def test_a_large_beam_finds_the_most_probable_output_and_its_probability(seed):
    model, sources = ToyAligned(seed, sharpness=0.7), [source[-5:] for source in random_sources(12, seed)]
    found, log_prob_B = prefix_beam_search(model.alignment_log_probs(model.encode(pad(sources))), BLANK, ALL_PREFIXES)
    for source, output, log_prob in zip(sources, found, log_prob_B.tolist(), strict=True):
        probs = output_probs(model.own_table(source))
        assert tuple(output) == max(probs, key=probs.get)
        assert math.exp(log_prob) == pytest.approx(probs[tuple(output)], rel=1e-4)


@pytest.mark.parametrize("words", [4, 12])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
def test_agrees_with_the_textbook_algorithm(size, words):
    generator = torch.Generator().manual_seed(size)
    table_BUV = 1.5 * torch.randn(20, 9, words, generator=generator)
    table_BUV[..., :2] = -torch.inf
    table_BUV = table_BUV.log_softmax(2)
    found, log_prob_B = prefix_beam_search(table_BUV, BLANK, size)
    for table_UV, output, log_prob in zip(table_BUV, found, log_prob_B.tolist(), strict=True):
        expected, prob = naive_prefix_beam(table_UV, size)
        assert output == expected
        assert math.exp(log_prob) == pytest.approx(prob, rel=1e-4)


def test_sums_alignments_where_the_best_path_does_not():
    """Twice P(blank) = 0.6 and P(5) = 0.4: the best path is empty (0.36), but the output 5 has 0.64."""
    model = ToyAligned()
    model.table = torch.full_like(model.table, -torch.inf)
    model.table[..., BLANK], model.table[..., 5] = math.log(0.6), math.log(0.4)
    source = [[7, 2]]
    assert CTCBestPath(CTCBestPath.Options()).decode(model, pad(source)) == [[]]
    assert decode(model, source, 2) == [[5]]
    assert decode(model, source, 1) == [[]]  # the empty prefix leads after one position


def test_a_wider_beam_finds_more_probable_outputs():
    model, sources = ToyAligned(sharpness=0.5), [source[-5:] for source in random_sources(60)]
    probs = [output_probs(model.own_table(source)) for source in sources]

    def mean_prob(size):
        outputs = decode(model, sources, size)
        return sum(own[tuple(output)] for own, output in zip(probs, outputs, strict=True)) / len(sources)

    narrow, middle, wide = mean_prob(1), mean_prob(3), mean_prob(30)
    assert narrow < middle <= wide


def test_padding_and_batch_do_not_matter():
    model, sources = ToyAligned(), random_sources(20)
    alone = [decode(model, [source], 4)[0] for source in sources]
    assert decode(model, sources, 4) == alone
    assert decode(model, sources[::-1], 4) == alone[::-1]
