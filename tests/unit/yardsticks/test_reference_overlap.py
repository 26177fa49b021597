"""Overlap as a yardstick: corpus scores that follow from their items."""

import numpy as np
import pytest
import sacrebleu
from worlds import measured, subject, world

from beyond_mle.report import style
from beyond_mle.text.scoring import Scoring
from beyond_mle.yardsticks.overlap import overlap_metrics
from beyond_mle.yardsticks.reference_overlap import ReferenceOverlap

ONE = [["a b c d e"], ["f g x i"], ["n m l k"]]
TWO = [["a b c d e", "a b c e d"], ["f g x i", "f g h i"], ["n m l k", "n m l k"]]
STREAMS = [["a b c d e", "f g h i", "k l m n"], ["a b c e d", None, None]]
YARDSTICK = ReferenceOverlap(ReferenceOverlap.Options())


def test_one_output_per_source_is_sacrebleu_s_corpus_score(tmp_path):
    found = measured(YARDSTICK.measure(subject(world(tmp_path), outputs={"greedy": ONE})))
    assert set(found) == {("greedy", "bleu")}
    flat = [texts[0] for texts in ONE]
    score = found["greedy", "bleu"]
    assert score.value == pytest.approx(sacrebleu.corpus_bleu(flat, STREAMS, tokenize="none").score)
    assert "nrefs:var" in score.signature
    assert "tok:none" in score.signature


def test_several_outputs_are_scored_as_so_many_pairs(tmp_path):
    found = measured(YARDSTICK.measure(subject(world(tmp_path), outputs={"sample": TWO})))
    passes = [text for column in zip(*TWO, strict=True) for text in column]
    doubled = [[*stream, *stream] for stream in STREAMS]
    expected = sacrebleu.corpus_bleu(passes, doubled, tokenize="none").score
    assert found["sample", "bleu"].value == pytest.approx(expected)


@pytest.mark.parametrize("outputs", [ONE, TWO], ids=["one", "two"])
def test_scores_follow_from_the_items_of_any_part_of_the_sources(tmp_path, outputs):
    scoring = Scoring(tokenise="13a", moses_language="en", rouge="tokens")
    metrics = overlap_metrics(scoring)
    found = measured(YARDSTICK.measure(subject(world(tmp_path, scoring), outputs={"d": outputs})))
    assert {metric for _, metric in found} == {"bleu", "chrf", "bleu-tokenised", "rouge1", "rouge2", "rougel"}
    for (_, name), score in found.items():
        assert len(score.items_IF) == 3
        assert metrics[name].score(score.items_IF.sum(axis=0)) == pytest.approx(score.value), name
        two = measured(YARDSTICK.measure(subject(world(tmp_path, scoring), outputs={"d": outputs[:2]}, limit=2)))
        resampled = style.metric(name).of_items(score.items_IF, np.array([[1, 1, 1], [1, 1, 0]]))
        assert resampled == pytest.approx([score.value, two["d", name].value]), name


def test_repeating_every_output_changes_no_score(tmp_path):
    once, thrice = (
        measured(YARDSTICK.measure(subject(world(tmp_path), outputs={"d": outputs})))["d", "bleu"].value
        for outputs in (ONE, [texts * 3 for texts in ONE])
    )
    assert once == pytest.approx(thrice)


def test_without_outputs_there_is_nothing_to_score(tmp_path):
    assert list(YARDSTICK.measure(subject(world(tmp_path)))) == []


def test_only_the_first_sources_of_the_split_are_scored_on_request(tmp_path):
    limited = subject(world(tmp_path), split="dev", limit=1, outputs={"d": ONE[:1]})
    (score,) = YARDSTICK.measure(limited)
    assert score.value == pytest.approx(100)
    assert np.shape(score.items_IF)[0] == 1
