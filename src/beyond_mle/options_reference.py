"""The reference of all options as Markdown: what a configuration may say, and every kind that is registered."""

import inspect
from collections.abc import Iterator
from typing import Any

from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options
from beyond_mle.registry import YARDSTICKS
from beyond_mle.study import Checks, Evaluation, Experiment, Stage, Study

HEAD = """# All options

Made by `python -m beyond_mle describe` from the code: change the docstrings there, not this file. An entry of a section
is `name: {kind: …, options}`; a name that is a kind needs no `kind`. Nothing stands under *default* where the option
must be given. `config/schema.json` says the same to editors.
"""
_WORDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def reference() -> str:
    """The whole page."""
    parts = [HEAD, "## A configuration file\n", *_described("The file", Study)]
    parts += _described("`experiments.NAME`", Experiment)
    parts += _described("`experiments.NAME.stages.NAME`", Stage)
    parts += _described("`evaluation`", Evaluation)
    parts += _described("`checks`", Checks)
    for section, registry in {**REGISTRIES, "yardsticks": YARDSTICKS}.items():
        parts.append(f"## `{section}`\n")
        for kind in registry:
            parts += _described(f"`{kind}`", registry[kind].Options, registry[kind])
    return "\n".join(parts)


def _described(title: str, options: type[Options], kind: type | None = None) -> Iterator[str]:
    """A heading, the first paragraph of the documentation, and the options as a table."""
    yield f"### {title}\n"
    yield _paragraph(kind or options) + "\n"
    rows = list(_rows(options))
    if rows:
        yield "| option | type | default | |\n|---|---|---|---|"
        yield "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
    else:
        yield "No options.\n"


def _paragraph(cls: type) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


def _rows(options: type[Options], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Name, type, default and help of each option; those of a class that an option consists of follow it."""
    schema = options.model_json_schema()
    for name, field in options.model_fields.items():
        own = schema["properties"][name]
        nested = field.annotation if isinstance(field.annotation, type) else None
        consists = nested if nested is not None and issubclass(nested, Options) else None
        default = "" if field.is_required() or consists else f"`{_value(field.get_default(call_default_factory=True))}`"
        help_text = " ".join((field.description or "").split())
        yield f"`{prefix}{name}`", _type(own), default, help_text
        if consists and consists not in (Evaluation, Checks):
            yield from _rows(consists, f"{prefix}{name}.")


def _type(schema: dict[str, Any]) -> str:
    """A JSON schema in words."""
    if "$ref" in schema:
        return "mapping"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "const" in schema:
        return f"`{_value(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{_value(value)}`" for value in schema["enum"])
    kind = {"object": "mapping", "string": "text", "array": "list"}.get(
        schema.get("type", ""), schema.get("type", "any")
    )
    if kind == "list":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return f"list of {_type(items)}"
    limits = [f"{word} {_value(schema[key])}" for key, word in _WORDS.items() if key in schema]
    return " ".join([kind, ", ".join(limits)]).strip()


def _value(value: Any) -> str:
    """A value as YAML writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(one)}" for key, one in value.items()) + "}"
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'
