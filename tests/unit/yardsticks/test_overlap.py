import math
from collections import Counter

import pytest
import sacrebleu

from beyond_mle.yardsticks.overlap import bleu, overlap, overlap_metrics

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
    result = overlap(OUTPUTS, REFERENCES, overlap_metrics())
    assert result.metrics == pytest.approx(
        {
            "bleu": sacrebleu.corpus_bleu(OUTPUTS, streams(REFERENCES)).score,
            "chrf": sacrebleu.corpus_chrf(OUTPUTS, streams(REFERENCES)).score,
        }
    )
    assert bleu(OUTPUTS, REFERENCES) == pytest.approx(result.metrics["bleu"])


def test_tokens_are_scored_as_they_stand_on_request():
    [score] = [overlap(OUTPUTS, REFERENCES, overlap_metrics(tokenise="none")).metrics["bleu"]]
    assert score == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, streams(REFERENCES), tokenize="none").score)
    assert score != pytest.approx(bleu(OUTPUTS, REFERENCES))


def test_sentences_may_have_different_numbers_of_references():
    ragged = [REFERENCES[0], REFERENCES[1][:1], REFERENCES[2]]
    filled = [[r[0] for r in ragged], [r[1] if len(r) > 1 else None for r in ragged]]
    assert bleu(OUTPUTS, ragged) == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, filled).score)


def test_tokenised_bleu_is_multi_bleu_on_moses_tokens():
    metrics = overlap_metrics(moses_language="en")
    moses = metrics["bleu-tokenised"].tokenizer
    expected = multi_bleu([moses(o) for o in OUTPUTS], [[moses(r) for r in rs] for rs in REFERENCES])
    assert overlap(OUTPUTS, REFERENCES, metrics).metrics["bleu-tokenised"] == pytest.approx(expected)


def test_moses_tokens_split_dashes_and_are_not_escaped():
    moses = overlap_metrics(moses_language="en")["bleu-tokenised"].tokenizer
    assert moses('It\'s a well-known "fact" & more.') == 'It \'s a well @-@ known " fact " & more .'


def test_tokenised_bleu_is_not_smoothed():
    metrics = overlap_metrics(moses_language="en")
    result = overlap(["a b c x"], [["a b c d"]], metrics)
    assert result.metrics["bleu-tokenised"] == 0
    assert result.metrics["bleu"] > 0


def test_signatures_name_the_tokeniser_and_the_references():
    signatures = overlap(OUTPUTS, REFERENCES, overlap_metrics("none", "de")).signatures
    assert signatures.keys() == {"bleu", "chrf", "bleu-tokenised"}
    assert "nrefs:2" in signatures["bleu"]
    assert "tok:none" in signatures["bleu"]
    assert "tok:moses-de-aggressive" in signatures["bleu-tokenised"]
    assert "smooth:none" in signatures["bleu-tokenised"]
    assert "nc:6" in signatures["chrf"]


@pytest.mark.parametrize(("outputs", "references"), [([], []), (["a"], []), (["a"], [["a"], ["b"]]), (["a"], [[]])])
def test_outputs_without_their_references_are_refused(outputs, references):
    with pytest.raises(ValueError, match="reference lists"):
        bleu(outputs, references)
