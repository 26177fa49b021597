"""Which class lacks what, and how that is said."""

import inspect
from typing import ClassVar

import pytest
from typing_extensions import is_protocol

from beyond_mle import capabilities
from beyond_mle.capabilities import (
    Aligned,
    Explicit,
    KnownSupport,
    Masked,
    OnePass,
    Reparametrised,
    Stepwise,
    Whole,
    alternatives,
    describe,
    implements,
    lacking,
)

_MEMBERS = inspect.getmembers(capabilities, is_protocol)
PROTOCOLS = [one for _, one in _MEMBERS if one.__module__.startswith(capabilities.__name__)]


class Says:
    def log_prob(self, batch):
        """log q."""


class Walks:
    longest_output: int
    """Set in the constructor."""

    def start(self, source_BS, max_length):
        """A state."""

    def step(self, token_R, state):
        """A step."""


class AllOfP:
    def whole(self):
        """A batch."""


class Lists:
    def support(self, key):
        """The support."""


def test_a_class_implements_what_it_and_its_bases_define():
    class Both(Says, Walks):
        longest_output = 3

    assert implements(Says, Explicit)
    assert not implements(Says, Stepwise)
    assert implements(Both, Explicit)
    assert implements(Both, Stepwise)


def test_an_annotation_counts_as_a_member_also_a_base_s():
    class Further(Walks):
        pass

    assert implements(Walks, Stepwise)
    assert implements(Further, Stepwise)


def test_every_member_is_needed():
    class NoLimit:
        start, step = Walks.start, Walks.step

    assert not implements(NoLimit, Stepwise)


def test_a_protocol_that_extends_another_needs_the_members_of_both():
    class Refining:
        mask: ClassVar[int] = 3

        def token_log_probs_given(self, encoded, token_BT):
            """log q."""

    class Whole(Refining):
        encode = length_log_probs = token_log_probs = Refining.token_log_probs_given

    assert not implements(Refining, Masked)
    assert implements(Whole, Masked)
    assert implements(Whole, OnePass)


def test_a_need_is_met_by_any_of_the_classes():
    assert lacking((Explicit, Whole), Says, AllOfP) == []
    assert lacking((Explicit, Whole), Says) == [Whole]
    assert lacking((Explicit, Whole)) == [Explicit, Whole]
    assert lacking(()) == []


def test_the_members_of_one_protocol_must_be_in_one_class():
    class Half:
        longest_output = 1
        start = Walks.start

    class Other:
        step = Walks.step

    assert lacking((Stepwise,), Half, Other) == [Stepwise]


def test_one_alternative_of_a_need_is_enough():
    need = Whole | KnownSupport
    assert alternatives(need) == (Whole, KnownSupport)
    assert alternatives(Whole) == (Whole,)
    assert lacking((need,), AllOfP) == lacking((need,), Lists) == lacking((need,), Says, Lists) == []
    assert lacking((need, Stepwise), Says) == [need, Stepwise]


def test_a_protocol_can_be_left_out_though_a_class_has_it():
    need = Whole | KnownSupport
    assert lacking((need,), AllOfP, without=Whole) == [need]
    assert lacking((need,), AllOfP, Lists, without=Whole) == []
    assert lacking((Whole,), AllOfP, without=Whole) == [Whole]
    assert lacking((Whole,), AllOfP, without=Explicit) == []


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (Stepwise, "next-token scores"),
        (Whole, "all of p in one batch"),
        (Reparametrised | Stepwise, "differentiable samples or next-token scores"),
        (Whole | KnownSupport | Aligned, "all of p in one batch or a listed p(y|x) or one symbol per position"),
    ],
)
def test_a_need_in_words(need, words):
    assert describe(need) == words


def test_every_protocol_says_what_it_is_in_a_few_words_of_its_own():
    described = [describe(one) for one in PROTOCOLS if one is not capabilities.DecodingState]
    assert len(described) > 15
    assert all(len(words.split()) <= 7 for words in described), described
    assert len(set(described)) == len(described)
