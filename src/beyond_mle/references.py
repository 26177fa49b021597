"""References to the entries of a study, with options changed on the spot or swept over several values.

A reference is the name of an entry, or that name with options: `{convex-exp: {order: 3}}` sets one, `{convex-exp:
{order: [0.25, 1, 3]}}` makes a variant for each value. A variant's label, `convex-exp,order=3`, names its folder;
tables keep the name and have a column for the option.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from beyond_mle.errors import UserError

Reference = str | dict[str, dict[str, Any]]
"""How a reference stands in a configuration."""


@dataclass(frozen=True)
class Choice:
    """One entry of a study, with the options that the reference to it changes."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """All that are changed."""
    swept: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Those of them that tell this variant from its siblings."""

    @cached_property
    def label(self) -> str:
        """The name with what tells the variant from its siblings."""
        return ",".join([self.name, *(f"{option}={text(value)}" for option, value in self.swept.items())])


def variants(reference: Reference) -> Iterator[Choice]:
    """Every variant that a reference stands for, in the order of its values.

    Raises:
        UserError: if it is neither a name nor one name with options, or a list of values is empty.
    """
    if isinstance(reference, str):
        yield Choice(reference)
        return
    if len(reference) != 1:
        raise UserError(f"a reference is a name or one name with its options, not {', '.join(reference) or 'nothing'}")
    ((name, options),) = reference.items()
    lists = {option: values for option, values in options.items() if isinstance(values, list)}
    for option, values in lists.items():
        if not values:
            raise UserError(f"'{name}': the list of values of '{option}' is empty")
    for combination in product(*lists.values()):
        swept = dict(zip(lists, combination, strict=True))
        yield Choice(name, {**options, **swept}, swept)


def text(value: Any) -> str:
    """A value as labels and tables show it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
