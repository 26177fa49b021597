"""An embedded task from its folder: texts and ids that belong together, and the p(y|x) behind them."""

import math

import numpy as np
import pytest

from beyond_mle.symbols import EOS
from beyond_mle.tasks.grammar import Grammar
from beyond_mle.tasks.grammar_summary import GrammarSummary
from beyond_mle.text.padding import unpad

SIZES = {"train": 800, "dev": 20, "test": 15}
TASKS = [
    Grammar(Grammar.Options(**SIZES, styles=2, clause=0, adjective=0, references=3)),
    GrammarSummary(GrammarSummary.Options(**SIZES, sentences=2)),
]


@pytest.fixture(scope="module", params=TASKS, ids=lambda task: type(task).__name__)
def task(request):
    return request.param


@pytest.fixture(scope="module")
def data(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    task.prepare({}, folder)
    return task.open(folder)


def test_truth_and_ids_belong_to_the_test_sources(task, data):
    distribution = task.distributions("test")
    sources = data.decode([source[:-1] for source in data.pairs("test").sources()])
    assert len(sources) == len(data.truth()) == len(data.references("test"))
    for source, truth, references in zip(sources, data.truth(), data.references("test"), strict=True):
        p = distribution(source)
        assert list(p) == truth["outputs"]
        np.testing.assert_allclose(np.log(list(p.values())), truth["log_p"], atol=1e-8)
        assert set(references) <= set(p)


def test_the_support_of_a_batch_is_p_of_its_own_sources(task, data):
    key = data.epoch(0, 1, 60)[0]
    support, distribution = data.support(key), task.distributions("train")
    outputs = data.decode(unpad(support.output_RT))
    for row, source in enumerate(key):
        (text,) = data.decode([data.pairs("train").source(int(source))[:-1]])
        chosen = support.row_R == row
        own = [output for output, mine in zip(outputs, chosen.tolist(), strict=True) if mine]
        assert dict(zip(own, support.log_p_R[chosen].exp().tolist(), strict=True)) == pytest.approx(distribution(text))
    assert support.row_R.max() == len(key) - 1
    again = data.support(key)  # from what was remembered
    assert again.output_RT.equal(support.output_RT)
    assert again.log_p_R.equal(support.log_p_R)


def test_training_targets_are_draws_from_p(task, data):
    """The mean of −log p(y|x) over the pairs is that of H(p(·|x)) over their sources."""
    distribution = task.distributions("train")
    sources = data.decode([source[:-1] for source in data.pairs("train").sources()])
    surprisal, entropy = [], []
    for source, (target,) in zip(sources, data.references("train"), strict=True):
        p = distribution(source)
        surprisal.append(-math.log(p[target]))
        entropy.append(-sum(q * math.log(q) for q in p.values()))
    difference = np.array(surprisal) - entropy
    assert abs(difference.mean()) < 4 * difference.std() / math.sqrt(len(difference))


def test_a_batch_holds_the_pairs_of_its_rows(data):
    pairs = data.pairs("train")
    for key in data.epoch(3, 2, 80)[:3]:
        batch = data.batch(key)
        assert unpad(batch.source_BS) == [pairs.source(int(row)) for row in key]
        assert all(source[-1] == EOS for source in unpad(batch.source_BS))
        expected = [data.references("train")[row][0] for row in key]
        assert data.decode(unpad(batch.target_BT)) == expected
        assert batch.density is None


def test_an_illustration_says_what_its_source_says_in_every_style(task, data):
    for source, truth in zip(data.sources("test"), data.truth(), strict=True):
        found = task.illustrate(source)
        assert sum(wording.odds for wording in found.wordings) == pytest.approx(1)
        assert len({wording.text for wording in found.wordings}) == len(found.wordings)
        assert {wording.text for wording in found.wordings} <= set(truth["outputs"])
        (clause,) = found.meaning
        assert list(clause)[:3] == ["subject", "verb", "object"]
        assert all(part in source.split() for part in clause["subject"].split())
