"""What one part needs of another, and which of that a class lacks."""

from collections.abc import Sequence
from types import UnionType
from typing import get_args

from typing_extensions import get_protocol_members

Need = type | UnionType
"""A protocol of `capabilities`, or several of them with `|`, one of which is enough."""


def lacking(needs: Sequence[Need], *classes: type, without: type | None = None) -> list[Need]:
    """Those needs that none of the classes meets.

    Args:
        needs: what is needed.
        classes: of model, data and objective.
        without: a protocol that does not count although a class has it.
    """
    return [
        need
        for need in needs
        if not any(
            implements(cls, protocol) for protocol in alternatives(need) if protocol is not without for cls in classes
        )
    ]


def implements(cls: type, protocol: type) -> bool:
    """Whether a class has every member of a protocol, as an attribute or by annotation."""
    return all(hasattr(cls, member) or _annotated(cls, member) for member in get_protocol_members(protocol))


def describe(need: Need) -> str:
    """What is needed, in a few words.

    >>> from beyond_mle.capabilities import Stepwise
    >>> describe(Stepwise)
    'next-token scores'
    """
    phrases = [(protocol.__doc__ or protocol.__name__).partition(":")[0] for protocol in alternatives(need)]
    return " or ".join(phrase[0].lower() + phrase[1:] for phrase in phrases)


def alternatives(need: Need) -> tuple[type, ...]:
    """The protocols of a need, each of which is enough."""
    return get_args(need) if isinstance(need, UnionType) else (need,)


def _annotated(cls: type, member: str) -> bool:
    return any(member in vars(base).get("__annotations__", {}) for base in cls.__mro__)
