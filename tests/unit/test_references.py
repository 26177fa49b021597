"""References: names, changed options, sweeps, and the labels of their variants."""

import pytest

from beyond_mle.errors import UserError
from beyond_mle.references import Choice, text, variants


def labels(reference) -> list[str]:
    return [choice.label for choice in variants(reference)]


def test_a_name_is_one_choice_without_options():
    assert list(variants("mle")) == [Choice("mle")]
    assert labels("mle") == ["mle"]


def test_a_single_value_changes_an_option_and_leaves_the_label_alone():
    (choice,) = variants({"convex-exp": {"order": 3, "average": "sentence"}})
    assert choice.options == {"order": 3, "average": "sentence"}
    assert choice.swept == {}
    assert choice.label == "convex-exp"


def test_a_list_of_values_makes_a_variant_for_each_in_their_order():
    found = list(variants({"convex-exp": {"order": [3, 0.25], "average": "sentence"}}))
    assert [choice.label for choice in found] == ["convex-exp,order=3", "convex-exp,order=0.25"]
    assert [choice.options for choice in found] == [
        {"order": 3, "average": "sentence"},
        {"order": 0.25, "average": "sentence"},
    ]
    assert [choice.swept for choice in found] == [{"order": 3}, {"order": 0.25}]


def test_two_lists_make_their_product():
    assert labels({"js": {"pi": [0.1, 0.9], "gradient": ["enumeration", "reinforce"]}}) == [
        "js,pi=0.1,gradient=enumeration",
        "js,pi=0.1,gradient=reinforce",
        "js,pi=0.9,gradient=enumeration",
        "js,pi=0.9,gradient=reinforce",
    ]


def test_a_list_of_one_value_is_a_sweep_all_the_same():
    assert labels({"js": {"pi": [0.5]}}) == ["js,pi=0.5"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0, "1"), (0.25, "0.25"), (1e-4, "0.0001"), (3, "3"), (True, "true"), ("token", "token"), (None, "None")],
)
def test_values_in_labels(value, shown):
    assert text(value) == shown


def test_equal_numbers_have_equal_labels_whatever_their_type():
    assert labels({"js": {"order": [1, 3.0]}}) == labels({"js": {"order": [1.0, 3]}})


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"mle": {}, "js": {}}, "one name with its options, not mle, js"),
        ({}, "one name with its options, not nothing"),
        ({"js": {"pi": []}}, "'js': the list of values of 'pi' is empty"),
    ],
)
def test_what_is_no_reference(reference, message):
    with pytest.raises(UserError, match=message):
        list(variants(reference))
