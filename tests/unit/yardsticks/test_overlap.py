import math
from collections import Counter
from importlib.metadata import version

import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from beyond_mle.text.scoring import Scoring
from beyond_mle.yardsticks.overlap import RougeF1, overlap_metrics, sufficient_statistics

OUTPUTS = [
    "The quick brown fox didn't jump over the well-known dog.",
    "A man is riding a bicycle (red) down the street .",
    "Two dogs play in the snow & run away.",
]
REFERENCES = [
    ["The quick brown fox did not jump over the well-known lazy dog.", "A fox didn't jump over the dog."],
    ["A man rides a bicycle (red) down the street.", "A man is riding a red bicycle down a street."],
    ["Two dogs are playing in the snow.", "Two dogs play in the snow & jump."],
]


ROUGES = {"rouge1": "rouge1", "rouge2": "rouge2", "rougel": "rougeL"}


def overlap(outputs, references, metrics):
    """The scores of a corpus, by metric."""
    return {
        name: metric.score(sufficient_statistics(metric, outputs, references).sum(axis=0))
        for name, metric in metrics.items()
    }


def bleu(outputs, references):
    return overlap(outputs, references, overlap_metrics(Scoring()))["bleu"]


def rouge(output, references, unit="tokens"):
    """ROUGE of one sentence."""
    metrics = {name: RougeF1(name, unit) for name in ROUGES}
    return overlap([output], [references], metrics)


def streams(references):
    return [list(stream) for stream in zip(*references, strict=True)]


def multi_bleu(outputs, references):
    """BLEU as multi-bleu.perl counts it: closest reference length, clipped counts, no smoothing."""
    correct, total, output_length, reference_length = Counter(), Counter(), 0, 0
    for output, alternatives in zip(outputs, references, strict=True):
        words = output.split()
        lengths = [len(reference.split()) for reference in alternatives]
        output_length += len(words)
        reference_length += min(lengths, key=lambda length: (abs(length - len(words)), length))
        for n in range(1, 5):
            have, allowed = ngrams(words, n), Counter()
            for reference in alternatives:
                allowed |= ngrams(reference.split(), n)
            total[n] += sum(have.values())
            correct[n] += sum((have & allowed).values())
    precision = math.exp(sum(math.log(correct[n] / total[n]) for n in range(1, 5)) / 4)
    return 100 * min(1, math.exp(1 - reference_length / output_length)) * precision


def ngrams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def test_bleu_and_chrf_are_sacrebleu_s():
    result = overlap(OUTPUTS, REFERENCES, overlap_metrics(Scoring()))
    assert result == pytest.approx(
        {
            "bleu": sacrebleu.corpus_bleu(OUTPUTS, streams(REFERENCES)).score,
            "chrf": sacrebleu.corpus_chrf(OUTPUTS, streams(REFERENCES)).score,
        }
    )


def test_a_metric_that_has_seen_other_references_scores_as_a_new_one():
    used = overlap_metrics(Scoring())
    overlap(OUTPUTS, [*REFERENCES[1:], REFERENCES[0]], used)
    single = [alternatives[:1] for alternatives in REFERENCES]
    assert overlap(OUTPUTS, single, used) == overlap(OUTPUTS, single, overlap_metrics(Scoring()))


def test_tokens_are_scored_as_they_stand_on_request():
    score = overlap(OUTPUTS, REFERENCES, overlap_metrics(Scoring(tokenise="none")))["bleu"]
    assert score == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, streams(REFERENCES), tokenize="none").score)
    assert score != pytest.approx(bleu(OUTPUTS, REFERENCES))


def test_sentences_may_have_different_numbers_of_references():
    ragged = [REFERENCES[0], REFERENCES[1][:1], REFERENCES[2]]
    filled = [[r[0] for r in ragged], [r[1] if len(r) > 1 else None for r in ragged]]
    assert bleu(OUTPUTS, ragged) == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, filled).score)


def test_tokenised_bleu_is_multi_bleu_on_moses_tokens():
    metrics = overlap_metrics(Scoring(moses_language="en"))
    moses = metrics["bleu-tokenised"].metric.tokenizer
    expected = multi_bleu([moses(o) for o in OUTPUTS], [[moses(r) for r in rs] for rs in REFERENCES])
    assert overlap(OUTPUTS, REFERENCES, metrics)["bleu-tokenised"] == pytest.approx(expected)


def test_moses_tokens_split_dashes_and_are_not_escaped():
    moses = overlap_metrics(Scoring(moses_language="en"))["bleu-tokenised"].metric.tokenizer
    assert moses('It\'s a well-known "fact" & more.') == 'It \'s a well @-@ known " fact " & more .'


def test_tokenised_bleu_is_not_smoothed():
    metrics = overlap_metrics(Scoring(moses_language="en"))
    result = overlap(["a b c x"], [["a b c d"]], metrics)
    assert result["bleu-tokenised"] == 0
    assert result["bleu"] > 0


def test_signatures_name_the_tokeniser_and_the_references():
    metrics = overlap_metrics(Scoring("13a", "de"))
    overlap(OUTPUTS, REFERENCES, metrics)
    signatures = {name: metric.signature() for name, metric in metrics.items()}
    assert signatures.keys() == {"bleu", "chrf", "bleu-tokenised"}
    assert "nrefs:2" in signatures["bleu"]
    assert "tok:13a" in signatures["bleu"]
    assert "tok:moses-de-aggressive" in signatures["bleu-tokenised"]
    assert "smooth:none" in signatures["bleu-tokenised"]
    assert "nc:6" in signatures["chrf"]


@pytest.mark.parametrize(("outputs", "references"), [([], []), (["a"], []), (["a"], [["a"], ["b"]]), (["a"], [[]])])
def test_outputs_without_their_references_are_refused(outputs, references):
    with pytest.raises(ValueError, match="reference lists"):
        bleu(outputs, references)


def test_characters_are_compared_in_real_text_only():
    assert set(overlap_metrics(Scoring(tokenise="none"))) == {"bleu"}


def test_only_summaries_are_scored_with_rouge():
    assert set(overlap_metrics(Scoring(moses_language="en"))) == {"bleu", "chrf", "bleu-tokenised"}
    assert set(overlap_metrics(Scoring(rouge="stems"))) == {"bleu", "chrf", "rouge1", "rouge2", "rougel"}


@pytest.mark.parametrize("count", [1, 2])
def test_rouge_of_stems_is_rouge_score_s(count):
    references = [alternatives[:count] for alternatives in REFERENCES]
    scorer = RougeScorer(list(ROUGES.values()), use_stemmer=True)
    found = [scorer.score_multi(alternatives, o) for o, alternatives in zip(OUTPUTS, references, strict=True)]
    metrics = overlap(OUTPUTS, references, overlap_metrics(Scoring(rouge="stems")))
    for ours, theirs in ROUGES.items():
        assert metrics[ours] == pytest.approx(100 * sum(score[theirs].fmeasure for score in found) / len(OUTPUTS))


def test_rouge_by_hand():
    # Of 4 and 6 tokens, 3 are shared (F1 = 2·3/10), in the same order, but none of the bigrams.
    assert rouge("the cat sat down", ["the big cat has sat here"]) == {
        "rouge1": pytest.approx(60),
        "rouge2": 0,
        "rougel": pytest.approx(60),
    }
    assert rouge("a b c d", ["c d a b e f"]) == {
        "rouge1": pytest.approx(100 * 2 * 4 / 10),
        "rouge2": pytest.approx(100 * 2 * 2 / 8),
        "rougel": pytest.approx(100 * 2 * 2 / 10),
    }


def test_repeated_words_count_as_often_as_the_reference_has_them():
    assert rouge("a a a a", ["a a b b"])["rouge1"] == pytest.approx(50)


def test_the_best_reference_counts_by_each_rouge_apart():
    # The first reference is best in single words, the second one in order.
    both = rouge("a b c d", ["d c b a", "a b x y"])
    assert both["rouge1"] == rouge("a b c d", ["d c b a"])["rouge1"] == 100
    assert both["rougel"] == rouge("a b c d", ["a b x y"])["rougel"] == 50
    assert rouge("a b", ["x", "a b"]) == rouge("a b", ["a b"])


def test_tokens_are_compared_as_they_stand_and_stems_are_not():
    assert rouge("Männer laufen .", ["männer laufen ."])["rouge1"] == pytest.approx(200 / 3)
    assert rouge("The Cats walked", ["the cat walks."], "stems")["rougel"] == pytest.approx(100)
    assert rouge("The Cats walked", ["the cat walks."], "tokens")["rougel"] == 0


def test_an_empty_output_has_no_rouge():
    assert rouge("", ["a b"]) == {"rouge1": 0, "rouge2": 0, "rougel": 0}


def test_the_statistics_of_rouge_add_up_to_a_mean():
    metric = RougeF1("rouge1", "stems")
    statistics = sufficient_statistics(metric, OUTPUTS, REFERENCES)
    assert statistics.shape == (3, 2)
    assert metric.score(statistics.sum(axis=0)) == pytest.approx(statistics[:, 0].mean())
    assert metric.score(statistics[[0, 0, 2]].sum(axis=0)) == pytest.approx(statistics[[0, 0, 2], 0].mean())


@pytest.mark.parametrize("unit", ["stems", "tokens"])
def test_the_signature_of_rouge_names_what_is_compared(unit):
    signature = RougeF1("rougel", unit).signature()
    assert signature == f"refs:best|tok:{unit}|score:f1|version:rouge-score-{version('rouge-score')}"
