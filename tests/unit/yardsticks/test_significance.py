import numpy as np
import pytest
import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest
from scipy.stats import bootstrap, norm

from beyond_mle.text.scoring import Scoring
from beyond_mle.yardsticks.overlap import RougeF1, Sacrebleu, overlap_metrics, sufficient_statistics
from beyond_mle.yardsticks.significance import SEED, PairedDifference, paired_bootstrap, resample_counts

WORDS = np.array(["the", "a", "dog", "cat", "sees", "hears", "big", "small", "house", "tree", "in", "on"])
REFERENCES = [[" ".join(words) for words in pair] for pair in np.random.default_rng(7).choice(WORDS, (30, 2, 9))]


def corrupted(share: float, seed: int) -> list[str]:
    """The first references with some words replaced."""
    rng = np.random.default_rng(seed)
    rows = [np.array(references[0].split()) for references in REFERENCES]
    return [" ".join(np.where(rng.random(9) < share, rng.choice(WORDS, 9), row)) for row in rows]


ARM, CONTROL = corrupted(0.3, seed=1), corrupted(0.45, seed=2)


def compare(metric, arm: list[str], control: list[str], samples: int) -> PairedDifference:
    statistics = [sufficient_statistics(metric, outputs, REFERENCES) for outputs in (arm, control)]
    return paired_bootstrap(*statistics, metric.score, samples)


METRICS = overlap_metrics(Scoring(moses_language="en", rouge="tokens"))


@pytest.mark.parametrize("name", METRICS)
def test_resamples_are_scored_like_whole_corpora(name):
    metric = METRICS[name]
    result = compare(metric, ARM, CONTROL, samples=60)

    def corpus_score(outputs, chosen):
        own = [outputs[i] for i in chosen], [REFERENCES[i] for i in chosen]
        return metric.score(sufficient_statistics(metric, *own).sum(axis=0))

    drawn = np.random.default_rng(SEED).choice(30, size=(60, 30), replace=True)
    differences = [corpus_score(ARM, chosen) - corpus_score(CONTROL, chosen) for chosen in drawn]
    observed = corpus_score(ARM, range(30)) - corpus_score(CONTROL, range(30))
    assert result.difference == pytest.approx(observed)
    assert (result.low, result.high) == pytest.approx(tuple(np.quantile(differences, [0.025, 0.975])))
    far = sum(abs(d - observed) >= abs(observed) - 1e-9 for d in differences)
    assert result.p == pytest.approx((far + 1) / 61)


def test_the_difference_is_that_of_sacrebleu_s_corpus_scores():
    result = compare(Sacrebleu(BLEU()), ARM, CONTROL, samples=10)
    streams = [list(stream) for stream in zip(*REFERENCES, strict=True)]
    arm, control = (sacrebleu.corpus_bleu(outputs, streams).score for outputs in (ARM, CONTROL))
    assert result.difference == pytest.approx(arm - control)


def test_the_resamples_are_those_of_sacrebleu_s_paired_test(monkeypatch):
    monkeypatch.delenv("SACREBLEU_SEED", raising=False)
    streams, samples, metric = [list(s) for s in zip(*REFERENCES, strict=True)], 200, Sacrebleu(BLEU())
    test = PairedTest([("control", CONTROL), ("arm", ARM)], {"bleu": metric.metric}, streams, "bs", samples)
    _, results = test()
    scores = [
        np.array([metric.score(sums) for sums in resample_counts(30, samples, SEED) @ statistics])
        for statistics in (sufficient_statistics(metric, outputs, REFERENCES) for outputs in (ARM, CONTROL))
    ]
    distances = np.abs(scores[0] - scores[1])
    observed = abs(results["BLEU"][1].score - results["BLEU"][0].score)
    p = (np.sum(distances - distances.mean() > observed) + 1) / (samples + 1)
    assert results["BLEU"][1].p_value == pytest.approx(p)


def test_the_interval_of_a_mean_is_scipy_s():
    a, b = np.random.default_rng(5).normal([[0.2], [0]], 1, (2, 400))
    ours = paired_bootstrap(a, b, samples=1000, seed=1)
    theirs = bootstrap(
        (a, b),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        paired=True,
        vectorized=True,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(1),  # draws the same sentences
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.06, 0.1])
def test_p_is_the_two_sided_p_of_the_z_test_for_large_samples(shift):
    difference = np.random.default_rng(3).normal(0, 1, 2000)
    difference += shift - difference.mean()
    ours = paired_bootstrap(difference, np.zeros(2000), samples=4000)
    z = shift / (difference.std() / np.sqrt(2000))
    assert ours.p == pytest.approx(2 * norm.sf(z), abs=0.03)


def test_rouge_is_resampled_like_any_mean_over_sentences():
    metric = RougeF1("rougel", "tokens")
    result = compare(metric, ARM, CONTROL, samples=200)
    arm, control = (sufficient_statistics(metric, outputs, REFERENCES)[:, 0] for outputs in (ARM, CONTROL))
    mean = paired_bootstrap(arm, control, samples=200)
    assert (result.difference, result.low, result.high) == pytest.approx((mean.difference, mean.low, mean.high))
    assert result.p == mean.p


def test_zero_or_one_per_sentence():
    valid, control = np.array([1, 1, 1, 0] * 25), np.array([1, 0, 0, 0] * 25)
    result = paired_bootstrap(100 * valid, 100 * control)
    assert result.difference == pytest.approx(50)
    assert 30 < result.low < 50 < result.high < 70
    assert result.p == pytest.approx(1 / 1001)


def test_equal_arms_do_not_differ():
    result = compare(Sacrebleu(BLEU()), ARM, ARM, samples=50)
    assert (result.difference, result.low, result.high, result.p) == (0, 0, 0, 1)


def test_exchanging_the_arms_changes_the_sign_only():
    a, b = np.random.default_rng(4).random((2, 50))
    forward, backward = paired_bootstrap(a, b), paired_bootstrap(b, a)
    assert backward.difference == -forward.difference
    assert (-backward.high, -backward.low) == pytest.approx((forward.low, forward.high))
    assert backward.p == forward.p


def test_the_seed_decides():
    a, b = np.random.default_rng(4).random((2, 50))
    assert paired_bootstrap(a, b) == paired_bootstrap(a, b)
    assert paired_bootstrap(a, b) != paired_bootstrap(a, b, seed=1)


@pytest.mark.parametrize(("a", "b"), [(np.ones(3), np.ones(4)), (np.ones(0), np.ones(0))])
def test_arms_must_have_the_same_sentences(a, b):
    with pytest.raises(ValueError, match="same sentences"):
        paired_bootstrap(a, b)
