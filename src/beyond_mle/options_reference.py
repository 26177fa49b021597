"""The reference of all that a configuration may say, in Markdown: docs/options.md.

It is made from the options classes and the docstrings of what is registered, so that each thing is said once, beside
the code that does it.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from beyond_mle.jobs import REGISTRIES
from beyond_mle.registry import YARDSTICKS
from beyond_mle.schema import EXTENDS, INHERITS, TEMPLATES, Schema, options
from beyond_mle.study import Checks, Evaluation, Experiment, Stage, Study

HEAD = f"""\
<!-- Made by `python -m beyond_mle describe` from the docstrings of the code: change it there. -->

# Options

What a file of `config/` may say. Sections map names to `{{kind: KIND, option: value, …}}`; a name that is itself a kind
needs no `kind`. Experiments refer to entries by name, `mle`, or with options changed, `{{convex-exp: {{order: 3}}}}`; a
list of values, `{{convex-exp: {{order: [1, 3]}}}}`, is a sweep: a run for each, told apart by a column of that name.

Three keys are for files only, and carried out when they are read:

- `extends`, at the top: {EXTENDS}
- `templates`, at the top: {TEMPLATES}
- `inherits`, in an experiment or template: {INHERITS}
"""

_PLACES = {
    "A study": Study,
    "An experiment: `experiments.NAME`": Experiment,
    "A stage: `experiments.NAME.stages.NAME`": Stage,
    "`evaluation`": Evaluation,
    "`checks`": Checks,
}
_BELOW = ("experiments", "stages", "evaluation", "checks")
"""Options of the study whose own options have a table of theirs."""


def markdown() -> str:
    """The whole reference, with all kinds that are registered by now."""
    blocks = [HEAD]
    for title, model in _PLACES.items():
        blocks += [f"## {title}", _table(model)]
    for section, registry in {**REGISTRIES, "yardsticks": YARDSTICKS}.items():
        blocks.append(f"## `{section}`")
        for kind in registry:
            cls = registry[kind]
            blocks += [f"### `{kind}`", _documentation(cls), _metrics(cls), _table(cls.Options)]
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def _documentation(cls: type) -> str:
    """What a kind is, and the kind of data that it is for."""
    spec = getattr(cls, "spec", None) or getattr(cls, "accepts", None)
    data = (inspect.getdoc(spec) or "").split(".")[0].lower() if spec is not None else ""
    return f"{_one_line((inspect.getdoc(cls) or '').split('Raises:')[0])}" + (f" Data: {data}." if data else "")


def _metrics(cls: Any) -> str:
    """What a yardstick measures."""
    found = [
        f"`{metric.name}`" + (f" ({metric.unit})" if metric.unit else "") for metric in getattr(cls, "metrics", ())
    ]
    return f"Metrics: {', '.join(found)}." if found else ""


def _table(model: Any) -> str:
    """A row per option."""
    definitions: dict[str, Schema] = {}
    schema = options(model, definitions, "of")
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    rows = [
        f"| `{name}` | {values} | {'required' if name in required else default} | {text} |"
        for name, values, default, text in _rows(schema, definitions, "", {})
    ]
    return "\n".join(["| option | values | default | |", "|---|---|---|---|", *rows]) if rows else "No options."


def _rows(
    schema: Schema, definitions: Mapping[str, Schema], prefix: str, seen: dict[str, str]
) -> Iterator[tuple[str, str, str, str]]:
    """Name, values, default and meaning of each option, and of those that it holds, with a dot between.

    Args:
        schema: of an options class.
        definitions: of the classes in it.
        prefix: before the names.
        seen: of the classes that have rows by now, the first option of each.
    """
    for option, own in schema["properties"].items():
        name, text = prefix + option, _one_line(own.get("description", ""))
        default = _value(own["default"]) if "default" in own else ""
        inside = _inside(own)
        if option in _BELOW:
            yield name, "options, see below", "", text
        elif inside is None:
            yield name, _values(own), default, text
        elif inside in seen:
            yield name, f"as `{seen[inside]}`", default, text
        else:
            seen[inside] = name
            yield name, "options:", default, text
            yield from _rows(definitions[inside], definitions, f"{name}.", seen)


def _inside(own: Schema) -> str | None:
    """The options class that an option holds, by its place among the definitions."""
    refs = [one["$ref"] for one in [own, *own.get("anyOf", [])] if "$ref" in one]
    return refs[0].removeprefix("#/definitions/") if refs else None


def _values(own: Mapping[str, Any]) -> str:
    """Which values an option takes, in words."""
    if "anyOf" in own:
        words = " or ".join(dict.fromkeys(_values(one) for one in own["anyOf"]))
        return words.replace("string or name: options", "reference")
    if "const" in own or "enum" in own:
        return ", ".join(_value(value) for value in own.get("enum", [own.get("const")]))
    if "$ref" in own:
        return "options"
    kind = own.get("type", "anything")
    if kind == "array":
        items = own["items"]
        return f"[{', '.join(map(_values, items))}]" if isinstance(items, list) else f"list of {_values(items)}"
    if kind == "object":
        inside = own.get("additionalProperties")
        return f"name: {_values(inside)}" if isinstance(inside, Mapping) else "options"
    signs = {"exclusiveMinimum": "> ", "minimum": "≥ ", "exclusiveMaximum": "< ", "maximum": "≤ "}
    bounds = [f"{sign}{own[key]:g}" for key, sign in signs.items() if key in own]
    return " ".join([str(kind), *([", ".join(bounds)] if bounds else [])])


def _value(value: Any) -> str:
    if value in ({}, []):
        return ""
    return f"`{value}`" if isinstance(value, str) and value else f"`{json.dumps(value, ensure_ascii=False)}`"


def _one_line(text: str) -> str:
    """Without line breaks, and safe in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
