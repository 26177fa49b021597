"""Every registered class has what the workflow asks of its noun."""

import pytest
from typing_extensions import get_protocol_members

from beyond_mle import kinds
from beyond_mle.capabilities import implements
from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options
from beyond_mle.registry import YARDSTICKS

NOUNS = {
    "tasks": kinds.Task,
    "models": kinds.Model,
    "objectives": kinds.Objective,
    "solvers": kinds.Solver,
    "decoders": kinds.Decoder,
    "yardsticks": kinds.Yardstick,
}
ENTRIES = [
    pytest.param(registry[kind], NOUNS[section], id=f"{section}: {kind}")
    for section, registry in {**REGISTRIES, "yardsticks": YARDSTICKS}.items()
    for kind in registry
]


@pytest.mark.parametrize(("cls", "noun"), ENTRIES)
def test_an_entry_has_what_its_noun_has(cls: type, noun: type) -> None:
    assert implements(cls, noun), f"{cls.__name__} lacks one of {sorted(get_protocol_members(noun))}"
    assert issubclass(cls.Options, Options)
    assert cls.__doc__
    assert all(field.description for field in cls.Options.model_fields.values()), "an option is not documented"


def test_a_class_that_lacks_something_is_told_apart() -> None:
    class Half:
        Options = Options

    assert not any(implements(Half, noun) for noun in NOUNS.values())
