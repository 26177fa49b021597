import itertools

import torch
from toy_aligned import BLANK, ToyAligned, naive_collapse
from toy_models import random_sources

from beyond_mle.decoding.alignment import collapse
from beyond_mle.decoding.ctc_best_path import CTCBestPath
from beyond_mle.text.padding import pad


def best_path(model, sources):
    return CTCBestPath(CTCBestPath.Options()).decode(model, pad(sources))


def test_collapse_of_every_short_alignment():
    alignments = list(itertools.product((BLANK, 4, 5), repeat=5))
    assert collapse(torch.tensor(alignments), BLANK) == [list(naive_collapse(a)) for a in alignments]


def test_the_most_probable_alignment_collapsed():
    model, sources = ToyAligned(), random_sources(30)
    expected = [list(naive_collapse(model.own_table(source).argmax(dim=1).tolist())) for source in sources]
    assert best_path(model, sources) == expected
    assert len({len(output) for output in expected}) > 2


def test_padding_and_batch_do_not_matter():
    model, sources = ToyAligned(), random_sources(20)
    alone = [best_path(model, [source])[0] for source in sources]
    assert best_path(model, sources) == alone
    assert best_path(model, sources[::-1]) == alone[::-1]
