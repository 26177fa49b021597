"""The base of every options class: typed, documented by the docstring under each field, closed to other keys."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from beyond_mle.errors import UserError, nearest


class Options(BaseModel):
    """Typed settings. The docstring under a field is its help text."""

    headline: ClassVar[tuple[str, ...]] = ()
    """Those that tell variants apart: tables of the report have a column for each."""
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Parsed = TypeVar("Parsed", bound=Options)
LONGEST_VALUE = 80
"""Characters of a wrong value that an error message quotes."""


def parse(options: type[Parsed], values: Mapping[str, Any], where: str) -> Parsed:
    """Check `values` against an options class.

    Args:
        options: the class to make.
        values: what the configuration gives.
        where: the place in the configuration, such as `models.transformer`, for the error message.

    Raises:
        UserError: on the first unknown key (with the nearest valid one) or wrong value.
    """
    try:
        return options.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join([where, *(str(part) for part in first["loc"])]) if where else ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            valid = _fields_at(options, first["loc"][:-1])
            raise UserError(f"unknown config key '{path}': {nearest(str(first['loc'][-1]), valid)}") from None
        if first["type"] == "missing":
            raise UserError(f"config key '{path}' is missing") from None
        raise UserError(f"config key '{path}' = {_shortened(first['input'])}: {first['msg']}") from None


def _shortened(value: Any) -> str:
    """The value as it is written, or its beginning."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _fields_at(options: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The field names of the options class that a pydantic error location leads to."""
    for part in location:
        field = options.model_fields.get(str(part))
        if field is None:
            continue  # an index or key inside a list or mapping
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        nested = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        if nested:
            options = nested[0]
    return list(options.model_fields)
