import math

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from worlds import measured, subject, world

from beyond_mle.text.scoring import Tokenise
from beyond_mle.yardsticks.diversity import Diversity, Outputs, diversity, leave_one_out
from beyond_mle.yardsticks.overlap import OF_SUMS

TEXT = st.lists(st.sampled_from("abcd"), max_size=6).map(" ".join)
OUTPUTS = st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=4))


def self_bleu(outputs: Outputs, tokenise: Tokenise) -> float:
    return OF_SUMS["bleu"](leave_one_out(outputs, tokenise).sum(axis=0))


def test_distinct_ngrams_by_hand():
    # Of 7 tokens a, b, c are different; of the bigrams ab, ba, ab, bc three.
    metrics = diversity([["a b a b"], ["b c"], ["a"]], "none")
    assert metrics["distinct-1"] == pytest.approx(100 * 3 / 7)
    assert metrics["distinct-2"] == pytest.approx(100 * 3 / 4)


def test_bigrams_do_not_cross_outputs():
    assert diversity([["a b", "b a"]], "none")["distinct-2"] == 100
    assert "distinct-2" not in diversity([["a", "b"]], "none")


def test_nothing_but_empty_outputs():
    assert diversity([["", ""]], "none") == {"repetition": 0, "distinct-outputs": 1}
    assert self_bleu([["", ""]], "none") == 0


def test_a_repetition_is_a_token_that_follows_itself():
    assert diversity([["a a b"], ["a b a b"], [""], ["a b b b"]], "none")["repetition"] == 50


def test_tokens_are_those_of_the_tokeniser():
    assert diversity([["no, no"]], "13a")["repetition"] == 0
    assert diversity([["well well."]], "13a")["repetition"] == 100
    assert diversity([["well well."]], "none")["repetition"] == 0


def test_one_output_per_source_is_not_compared_with_itself():
    assert diversity([["a b"], ["c d"]], "none").keys() == {"distinct-1", "distinct-2", "repetition"}


def test_distinct_outputs_is_a_mean_over_sources():
    assert diversity([["a", "a", "b"], ["a", "b", "c"]], "none")["distinct-outputs"] == pytest.approx(2.5)


def test_identical_outputs_are_the_least_diverse():
    outputs = [["a b c d"] * 3, ["d c b a b"] * 3]
    assert diversity(outputs, "none")["distinct-outputs"] == 1
    assert self_bleu(outputs, "none") == pytest.approx(100)


def test_outputs_without_a_common_token_have_no_self_bleu():
    assert self_bleu([["a b c d", "e f g h"], ["i j k l", "m n o p"]], "none") == 0


def test_self_bleu_by_hand():
    # Both outputs have 5 of 6 tokens in common with the other, and then 4 of 5, 3 of 4, 2 of 3.
    expected = 100 * math.prod([5 / 6, 4 / 5, 3 / 4, 2 / 3]) ** (1 / 4)
    assert self_bleu([["a b c d e f", "a b c d e g"]], "none") == pytest.approx(expected)


def test_self_bleu_is_sacrebleu_s_corpus_score_of_each_output_against_the_others():
    outputs = [
        ["A man rides a bicycle.", "A man is riding a bicycle down the street.", "A man rides his red bicycle."],
        ["Two dogs play in the snow.", "Two dogs are playing outside.", "Two dogs play in the snow."],
    ]
    left_out = [(texts[i], texts[:i] + texts[i + 1 :]) for texts in outputs for i in range(3)]
    streams = [[others[k] for _, others in left_out] for k in range(2)]
    expected = sacrebleu.corpus_bleu([text for text, _ in left_out], streams).score
    assert self_bleu(outputs, "13a") == pytest.approx(expected)


def test_sources_do_not_serve_each_other_as_references():
    apart = self_bleu([["a b c d", "e f g h"], ["a b c d", "i j k l"]], "none")
    assert apart == 0
    assert self_bleu([["a b c d", "e f g h", "a b c d", "i j k l"]], "none") > 0


@given(OUTPUTS, st.randoms())
def test_no_order_matters_and_neither_do_the_names_of_the_tokens(outputs, random):
    shuffled = [random.sample(texts, len(texts)) for texts in outputs]
    random.shuffle(shuffled)
    renamed = [[text.translate(str.maketrans("abcd", "wxyz")) for text in texts] for texts in shuffled]
    assert diversity(renamed, "none") == pytest.approx(diversity(outputs, "none"))
    assert self_bleu(renamed, "none") == pytest.approx(self_bleu(outputs, "none"))


@given(OUTPUTS)
def test_everything_lies_in_its_range(outputs):
    metrics = diversity(outputs, "none")
    assert 1 <= metrics.pop("distinct-outputs") <= len(outputs[0])
    assert all(0 <= value <= 100 + 1e-9 for value in (*metrics.values(), self_bleu(outputs, "none")))


@given(OUTPUTS)
def test_the_same_corpus_twice_halves_the_distinct_share(outputs):
    once, twice = diversity(outputs, "none"), diversity(outputs * 2, "none")
    for name in ("distinct-1", "distinct-2"):
        assert twice.get(name) == pytest.approx(once[name] / 2 if name in once else None)
    for name in ("repetition", "distinct-outputs"):
        assert twice[name] == pytest.approx(once[name])


def test_the_yardstick_measures_every_decoder_s_outputs_with_the_task_s_tokeniser(tmp_path):
    outputs = {"greedy": [["a b"], ["c c"], ["a"]], "sample": [["a b", "b a"], ["c c", "d"], ["a", "a"]]}
    found = measured(Diversity(Diversity.Options()).measure(subject(world(tmp_path), outputs=outputs)))
    for decoder, own in outputs.items():
        values = {metric: score.value for (made, metric), score in found.items() if made == decoder}
        own_bleu = {"self-bleu": self_bleu(own, "none")} if decoder == "sample" else {}
        assert values == diversity(own, "none") | own_bleu
    assert len(found["sample", "self-bleu"].items_IF) == 3
