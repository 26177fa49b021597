import pytest

from beyond_mle.report.garden_path import garden_path


def test_a_likelier_first_word_whose_probability_is_split_leads_astray():
    found = garden_path({"a dog barks": 0.45, "an animal barks": 0.3, "an Alsatian barks": 0.25})
    assert (found.before, found.p_greedy, found.p_mode) == ("", 0.3, 0.45)
    assert (found.greedy.word, found.greedy.p) == ("an", pytest.approx(0.55))
    assert found.greedy.endings == [("an animal", pytest.approx(0.3)), ("an Alsatian", pytest.approx(0.25))]
    assert found.mode.endings == [("a dog", pytest.approx(0.45))]


def test_branches_are_told_given_what_comes_before_and_summed_over_what_comes_after():
    p = {"I see a dog": 0.2, "we see a dog": 0.12, "we see an animal now": 0.1, "we see an animal": 0.1}
    p |= {"we see an ox": 0.09, "we see an elk": 0.08, "we see an emu": 0.07, "we see an ape": 0.06}
    first = garden_path(p)
    assert (first.before, first.greedy.word, first.mode.word) == ("", "we", "I")
    found = garden_path({words.removeprefix("we "): q for words, q in p.items() if words.startswith("we")})
    assert found.before == "see"
    assert found.greedy.endings[0] == ("an animal now", pytest.approx(0.1 / 0.62))
    assert len(found.greedy.endings) == 3
    assert found.greedy.others == 3
    assert found.greedy.p + found.mode.p == pytest.approx(1)


@pytest.mark.parametrize(
    "p",
    [
        {"a dog": 0.6, "an animal": 0.4},
        {"a dog": 0.4, "an ape": 0.4, "an ox": 0.2},  # as likely as the mode
        {"a": 1.0},
    ],
)
def test_greedy_search_that_finds_a_likeliest_output_is_not_led_astray(p):
    assert garden_path(p) is None


def test_where_one_output_is_the_beginning_of_another_its_end_is_a_word():
    found = garden_path({"go": 0.4, "go on now": 0.3, "go on then": 0.3})
    assert (found.before, found.greedy.word, found.mode.word, found.mode.p) == ("go", "on", "", 0.4)
