import itertools
import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.tasks.grammar_summary import GrammarSummary
from beyond_mle.tasks.meaning import Clause, NounPhrase
from beyond_mle.text.scoring import Scoring

PLAIN = {"synonym": 1, "garden_path": False}
SMALL = {"train": 2000, "dev": 60, "test": 40}


def summary(**options):
    return GrammarSummary(parse(GrammarSummary.Options, options, "tasks.summary"))


def documents(task, n, seed=7):
    rng = random.Random(seed)
    return [task.meaning(rng) for _ in range(n)]


def words(sentence):
    return tuple(sentence.split())


BACKGROUND = Clause(NounPhrase("the", None, "man"), "buys", NounPhrase("a", "red", "apple"), None, None, None)
NEWS = replace(
    BACKGROUND,
    subject=NounPhrase("the", "old", "king"),
    verb="finds",
    object=NounPhrase("my", None, "house"),
    place=("near", NounPhrase("the", None, "garden")),
    time="today",
)
DOCUMENT = (BACKGROUND, NEWS, replace(BACKGROUND, verb="sells"))


def test_summaries_are_scored_with_rouge_of_tokens():
    assert summary().scoring == Scoring(tokenise="none", rouge="tokens")


def test_a_document_and_its_summaries():
    task = summary(**PLAIN, styles=2, zipf=1, keep_adjective=0.2, keep_place=0.3, keep_time=0.4)
    assert " ".join(task.source(DOCUMENT)) == (
        "the man buys a red apple . today the old king has found my house near the garden . the man sells a red apple ."
    )
    p = task.distribution(DOCUMENT)
    assert len(p) == 2 * 2 * 2 * 2
    everything = 0.2 * 0.3 * 0.4
    for output, expected in {
        "the king finds my house": 2 / 3 * 0.8 * 0.7 * 0.6,
        "the king discovers my house": 1 / 3 * 0.8 * 0.7 * 0.6,
        "the old king finds my house": 2 / 3 * 0.2 * 0.7 * 0.6,
        "the king finds my house near the garden": 2 / 3 * 0.8 * 0.3 * 0.6,
        "on this day the king discovers my house": 1 / 3 * 0.8 * 0.7 * 0.4,
        "the old king finds my house near the garden today": 2 / 3 * everything,
        "on this day the old king discovers my house near the garden": 1 / 3 * everything,
    }.items():
        assert p[words(output)] == pytest.approx(expected)


@pytest.mark.parametrize("options", [{}, {"styles": 8, "keep_place": 0.9}, {"sentences": 1, "zipf": 0}, PLAIN])
def test_distribution_sums_to_one_and_agrees_with_log_prob(options):
    task = summary(**options)
    for document in documents(task, 30):
        p = task.distribution(document)
        assert math.fsum(p.values()) == pytest.approx(1, abs=1e-12)
        assert sum(content_p for _, content_p in task.contents(document)) == pytest.approx(1)
        for output in list(p)[::5]:
            assert task.log_prob(document, output) == pytest.approx(math.log(p[output]), abs=1e-12)


def test_log_prob_is_minus_infinity_off_the_support():
    task = summary()
    for output in [
        "",
        "the king finds my",
        "the king finds my house .",
        "the man buys a apple",
        "a king finds my house",
    ]:
        assert words(output) not in task.distribution(DOCUMENT)
        assert task.log_prob(DOCUMENT, words(output)) == -math.inf


def test_samples_follow_the_distribution():
    task, n, rng = (
        summary(styles=2, zipf=0, keep_time=0.5, keep_place=0.5, keep_adjective=0.5),
        20_000,
        random.Random(1),
    )
    document = (BACKGROUND, replace(NEWS, object=NounPhrase("the", None, "cat")))
    p = task.distribution(document)
    counts = Counter(task.sample(document, rng) for _ in range(n))
    assert set(counts) <= set(p)
    expected, observed = np.array([n * q for q in p.values()]), np.array([counts[y] for y in p])
    often = expected >= 20
    # A right sampler fails with probability 0.001; rare outputs are counted together.
    bins = [*zip(observed[often], expected[often], strict=True), (observed[~often].sum(), expected[~often].sum())]
    assert chisquare(*zip(*bins, strict=True)).pvalue > 0.001
    assert often.sum() > 50


@pytest.mark.parametrize(
    ("keep", "output"),
    [(0, "the king finds my house"), (1, "the old king finds my house near the garden today")],
)
def test_details_can_be_kept_or_dropped_for_certain(keep, output):
    task = summary(**PLAIN, styles=1, keep_adjective=keep, keep_place=keep, keep_time=keep)
    assert task.distribution(DOCUMENT) == {words(output): 1}
    assert task.sample(DOCUMENT, random.Random(1)) == words(output)


def test_p_depends_on_the_news_alone():
    task = summary()
    p = task.distribution(DOCUMENT)
    assert task.distribution((NEWS,)) == task.distribution((BACKGROUND, BACKGROUND, NEWS)) == p
    assert task.distribution((BACKGROUND, replace(NEWS, verb="loses"))) != p


def test_one_sentence_is_the_news_and_each_is_so_as_often():
    task, n = summary(sentences=4), 4000
    places = Counter()
    for document in documents(task, n):
        (place,) = [place for place, clause in enumerate(document) if clause.time]
        assert task.source(document).count("has") == 1
        places[place] += 1
    assert chisquare([places[place] for place in range(4)]).pvalue > 0.001


def test_different_documents_have_different_texts():
    task, by_source = summary(sentences=2, adjective=0.5, place=0.5), {}
    for document in documents(task, 30_000):
        assert by_source.setdefault(task.source(document), document) == document
    task, by_source = summary(sentences=1, adjective=0, place=0), {}
    for document in documents(task, 30_000):
        assert by_source.setdefault(task.source(document), document) == document
    assert len(by_source) < 29_000  # so that some texts did come twice


def test_lengths_by_default():
    task, rng = summary(), random.Random(3)
    drawn = documents(task, 2000)
    assert np.percentile([len(task.source(document)) for document in drawn], 99) <= 30
    assert np.percentile([len(task.sample(document, rng)) for document in drawn], 95) <= 8


def test_mode_and_entropy_agree_with_brute_force():
    task = summary()
    for document in documents(task, 25):
        rng = random.Random(1)
        drawn = {task.sample(document, rng) for _ in range(300)}
        likeliest = max(task.log_prob(document, output) for output in drawn)
        assert task.log_prob(document, task.mode(document)) >= likeliest - 1e-9
        log_p = np.array([task.log_prob(document, output) for output in task.distribution(document)])
        assert task.entropy(document) == pytest.approx(-np.sum(np.exp(log_p) * log_p))


def test_prepare():
    options = {**SMALL, "sentences": 1, "adjective": 0, "place": 0}  # few documents, so that some are drawn twice
    prepared = summary(**options).texts({})
    sources = {split: [row["source"] for row in rows] for split, rows in prepared.splits.items()}
    for one, other in itertools.combinations(sources.values(), 2):
        assert set(one).isdisjoint(other)
    for split, counts in prepared.cleaning.items():
        assert counts["read"] == SMALL[split]
        assert counts["kept"] == len(sources[split]) == counts["read"] - sum(counts["dropped"].values())
    assert {len(row["targets"]) for row in prepared.splits["train"]} == {1}
    assert {len(row["targets"]) for row in prepared.splits["dev"] + prepared.splits["test"]} == {3}


def test_truth_belongs_to_the_test_split():
    prepared = summary(**SMALL).texts({})
    assert len(prepared.truth) == len(prepared.splits["test"]) == 40
    for row, truth in zip(prepared.splits["test"], prepared.truth, strict=True):
        assert set(row["targets"]) <= set(truth["outputs"])
        ranked = sorted(zip(truth["log_p"], truth["outputs"], strict=True), key=lambda pair: (-pair[0], pair[1]))
        assert [output for _, output in ranked] == truth["outputs"]
        assert math.fsum(map(math.exp, truth["log_p"])) == pytest.approx(1, abs=1e-7)


def test_the_same_options_give_the_same_data():
    assert summary(**SMALL).texts({}) == summary(**SMALL).texts({})
    assert summary(**SMALL).texts({}).splits["test"] != summary(**SMALL, seed=2).texts({}).splits["test"]


def test_the_documents_do_not_depend_on_the_options_of_p():
    few, many = (
        summary(**SMALL, styles=styles, keep_time=keep).texts({}).splits["test"] for styles, keep in [(1, 0), (8, 1)]
    )
    assert [row["source"] for row in few] == [row["source"] for row in many]


def test_a_support_too_large_to_enumerate_is_refused():
    task = summary(largest_support=10)
    with pytest.raises(UserError, match="realisations, and largest_support is 10: raise it"):
        task.distribution(DOCUMENT)
    assert task.log_prob(DOCUMENT, task.sample(DOCUMENT, random.Random(1))) < 0  # needs no enumeration


@pytest.mark.parametrize("wrong", [{"sentences": 0}, {"keep_time": 1.5}, {"direction": "ab"}, {"main_clauses": 2}])
def test_impossible_options_are_refused(wrong):
    with pytest.raises(UserError, match=f"tasks.summary.{next(iter(wrong))}"):
        summary(**wrong)
