import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.text.cleaning import CleaningOptions, clean, normalise, normalise_source

ALL_OFF = CleaningOptions(max_words=0, max_ratio=0, drop_duplicates=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\t words\u00a0\u2003here \r", "two words here"),
        ("u\u0308ber", "über"),
        ("\ufeffbyte\x00 order \x9f mark\x85next", "byte order mark next"),
        ("emoji 👩\u200d🚒 keep their joiner", "emoji 👩\u200d🚒 keep their joiner"),
        (" \t\x00 ", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


@given(st.text())
def test_normal_text_has_single_spaces_and_is_left_as_it_is(text):
    normal = normalise(text)
    assert normalise(normal) == normal
    assert normal == " ".join(normal.split()) == unicodedata.normalize("NFC", normal)
    assert not any(unicodedata.category(character) == "Cc" for character in normal)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ((" \t", "x"), "empty source"),
        (("x", "\x00"), "empty target"),
        (("a b c d", "x y"), "too long"),
        (("x y", "a b c d"), "too long"),
        (("a b c", "x"), "length ratio"),
        (("x", "a b c"), "length ratio"),
    ],
)
def test_a_faulty_pair_is_dropped_for_its_reason(pair, reason):
    options = CleaningOptions(max_words=3, max_ratio=2)
    assert clean([("a b", "x"), pair, ("a b c", "x y")], options) == (
        [("a b", "x"), ("a b c", "x y")],
        {reason: 1},
    )


def test_long_sources_are_cut_before_anything_else():
    options = CleaningOptions(max_source_words=3, max_words=3, max_ratio=3)
    pairs = [("a\nb  c d e", "x"), ("a b c f", "x"), ("a b", "w x y z")]
    assert clean(pairs, options) == ([("a b c", "x")], {"duplicate": 1, "too long": 1})


@given(st.text("ab \n", max_size=20), st.integers(0, 5))
def test_a_cut_source_is_the_beginning_of_the_whole_one(text, limit):
    cut = normalise_source(text, CleaningOptions(max_source_words=limit))
    assert normalise(text).startswith(cut)
    words = len(normalise(text).split())
    assert len(cut.split()) == (min(words, limit) if limit else words)


def test_limits_can_be_switched_off():
    pairs = [("a " * 999 + "a", "x"), ("a", "x"), ("a", "x")]
    assert clean(pairs, ALL_OFF) == (pairs, {})


def test_a_duplicate_is_a_pair_whose_normal_form_came_before():
    pairs = [("a  b", "x"), ("a b", "x "), ("a b", "y")]
    assert clean(pairs, CleaningOptions()) == ([("a b", "x"), ("a b", "y")], {"duplicate": 1})


@given(st.lists(st.tuples(st.text("ab ", max_size=6), st.text("ab ", max_size=6))))
def test_every_pair_is_kept_or_counted_once(pairs):
    kept, dropped = clean(pairs, CleaningOptions(max_words=2, max_ratio=1))
    assert len(kept) + sum(dropped.values()) == len(pairs)
    assert len(set(kept)) == len(kept)
    assert clean(kept, CleaningOptions(max_words=2, max_ratio=1)) == (kept, {})
