import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beyond_mle.errors import UserError
from beyond_mle.files import read_lines
from beyond_mle.symbols import SPECIAL_TOKENS, UNK
from beyond_mle.text import vocabulary
from beyond_mle.text.cleaning import normalise
from beyond_mle.text.vocabulary import VocabularyOptions

TEXTS = [
    "the old man sees the dog .",
    "der alte Mann sieht den Hund .",
    "the dog sleeps .",
    "er läuft , läuft !",
]
BPE = VocabularyOptions(kind="bpe", size=300)
WORDS = VocabularyOptions(kind="words", size=100)
BPE_TOKENIZER = vocabulary.train(TEXTS, BPE)


@pytest.fixture(params=[BPE, WORDS], ids=["bpe", "words"])
def options(request):
    return request.param


def test_the_first_ids_are_the_special_tokens(options):
    tokenizer = vocabulary.train(TEXTS, options)
    assert [tokenizer.id_to_token(i) for i in range(4)] == list(SPECIAL_TOKENS)
    assert tokenizer.get_vocab_size() <= options.size


def test_training_text_comes_back(options):
    tokenizer = vocabulary.train(TEXTS, options)
    rows = vocabulary.encode(tokenizer, TEXTS)
    assert [vocabulary.decode(tokenizer, ids) for ids in rows] == TEXTS
    assert all(token > UNK for ids in rows for token in ids)


@given(st.text())
def test_bpe_brings_back_any_normalised_text(text):
    text = normalise(text)
    (ids,) = vocabulary.encode(BPE_TOKENIZER, [text])
    assert vocabulary.decode(BPE_TOKENIZER, ids) == text


@pytest.mark.parametrize("text", ["<eos> and <pad>", "x<unk>y", "Straße 日本語 👩‍🚒", ""])
def test_bpe_reads_odd_text_literally(text):
    (ids,) = vocabulary.encode(BPE_TOKENIZER, [text])
    assert vocabulary.decode(BPE_TOKENIZER, ids) == text
    assert all(token > UNK for token in ids)


def test_the_first_word_is_the_same_token_as_elsewhere():
    (first,), (_, second) = vocabulary.encode(BPE_TOKENIZER, ["the", "the the"])
    assert first == second


def test_broken_bytes_decode_to_the_replacement_character():
    (ids,) = vocabulary.encode(BPE_TOKENIZER, ["日"])
    assert vocabulary.decode(BPE_TOKENIZER, ids[:-1]).startswith("\ufffd")


def test_words_are_separated_by_spaces_and_unknown_ones_marked():
    tokenizer = vocabulary.train(TEXTS, WORDS)
    (ids,) = vocabulary.encode(tokenizer, ["the cat sleeps ."])
    assert len(ids) == 4
    assert ids[1] == UNK
    assert vocabulary.decode(tokenizer, [0, *ids, 2]) == "the sleeps ."


def test_the_commonest_words_fill_a_small_vocabulary():
    tokenizer = vocabulary.train(TEXTS, VocabularyOptions(kind="words", size=6))
    assert set(tokenizer.get_vocab()) == {*SPECIAL_TOKENS, ".", "the"}


def test_a_reserved_word_is_refused_by_a_word_vocabulary():
    with pytest.raises(UserError, match=r"<eos>.*reserves: 'the <eos> dog'"):
        vocabulary.encode(vocabulary.train(TEXTS, WORDS), ["the dog", "the <eos> dog"])


def test_the_file_is_the_same_each_time_and_loads_as_the_same_vocabulary(options, tmp_path):
    for name in ("one.json", "two.json"):
        vocabulary.save(vocabulary.train(TEXTS, options), tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    loaded, trained = vocabulary.load(tmp_path / "one.json"), vocabulary.train(TEXTS, options)
    texts = [*TEXTS, "an unseen dog"]
    assert vocabulary.encode(loaded, texts) == vocabulary.encode(trained, texts)
    assert loaded.encode_special_tokens


def test_faulty_files(tmp_path):
    with pytest.raises(UserError, match="no such vocabulary"):
        vocabulary.load(tmp_path / "none.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UserError, match=r"other.json: not a vocabulary file"):
        vocabulary.load(tmp_path / "other.json")


def test_bpe_needs_room_for_the_bytes():
    with pytest.raises(ValidationError, match="at least 260"):
        VocabularyOptions(kind="bpe", size=259)
    assert vocabulary.train(TEXTS, VocabularyOptions(kind="bpe", size=260)).get_vocab_size() == 260


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
def test_multi30k_test_lines_come_back():
    def lines(split: str) -> list[str]:
        folder = Path(os.environ["BEYOND_MLE_MIRROR"]) / "multi30k"
        files = [folder / f"{split}.{language}.gz" for language in ("en", "de")]
        return [normalise(line) for file in files for line in read_lines(file)]

    tokenizer = vocabulary.train(lines("train"), VocabularyOptions(size=4000))
    test = lines("test_2016_flickr")
    assert len(test) == 2000
    rows = vocabulary.encode(tokenizer, test)
    assert [vocabulary.decode(tokenizer, ids) for ids in rows] == test
    assert tokenizer.get_vocab_size() == 4000
    assert sum(map(len, rows)) < 1.5 * sum(len(line.split()) for line in test)


def test_outputs_that_are_the_same_tokens_are_one() -> None:
    outputs, p = vocabulary.distinct([[4, UNK], [5], [4, UNK], []], [0.1, 0.4, 0.2, 0.3])
    assert outputs == [[4, UNK], [5], []]
    assert p == pytest.approx([0.3, 0.4, 0.3])
