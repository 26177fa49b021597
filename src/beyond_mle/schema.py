"""The JSON schema of configuration files, by which editors complete, explain and check them.

It says of a file what can be said without the files that it extends: keys, kinds, options and values. Nothing is
required, as anything may come from another file; an entry without a `kind` may have any option of its section, unless
its name is that of a kind. Draft 7, which editors know best.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from beyond_mle.jobs import REGISTRIES
from beyond_mle.registry import YARDSTICKS
from beyond_mle.study import Experiment, Stage, Study

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"
EXTENDS = "A configuration of the same folder, over which this one is laid; null takes away what stands there."
TEMPLATES = "What experiments can inherit from: like experiments, but not run themselves."
INHERITS = "An experiment or a template, over which this experiment is laid; null takes a stage away."
_NOT_SWEPT = "solvers"
"""The section whose references stand for one entry each."""


def schema() -> Schema:
    """The schema of a file, with all kinds that are registered by now."""
    definitions: dict[str, Schema] = {}
    for section, registry in REGISTRIES.items():
        own = {kind: options(registry[kind].Options, definitions, f"{section}.{kind}") for kind in registry}
        definitions |= _entries(section, own)
    yardsticks = {kind: options(YARDSTICKS[kind].Options, definitions, f"yardsticks.{kind}") for kind in YARDSTICKS}
    definitions["experiment"] = _experiment(definitions)
    properties = dict(options(Study, definitions, "study")["properties"])
    for section in REGISTRIES:
        properties[section] = _section(section, properties[section]["description"])
    properties["yardsticks"] |= {
        "properties": {kind: _or_false(own) for kind, own in yardsticks.items()},
        "additionalProperties": False,
    }
    experiments = {"type": "object", "additionalProperties": _ref("experiment")}
    properties["experiments"] = {**experiments, "description": properties["experiments"]["description"]}
    properties["templates"] = {**experiments, "description": TEMPLATES}
    properties["extends"] = {"type": "string", "description": EXTENDS}
    return {
        "$schema": DIALECT,
        "title": "A study",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "definitions": definitions,
    }


def options(model: type[BaseModel], definitions: dict[str, Schema], name: str) -> Schema:
    """The schema of an options class; those of options in it are added to `definitions`, as `name.CLASS`."""
    found = model.model_json_schema(ref_template=f"#/definitions/{name}.{{model}}")
    nested = found.pop("$defs", {})
    definitions |= {f"{name}.{key}": _partial(value) for key, value in nested.items()}
    return {"properties": {}, **_partial(found)}


def _partial(node: Any) -> Any:
    """A schema of pydantic's as draft 7, with nothing required."""
    if isinstance(node, list):
        return [_partial(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    kept = {key: value for key, value in node.items() if key not in ("required", "title")}
    return {
        "items" if key == "prefixItems" else key: (
            {name: _partial(own) for name, own in value.items()} if key == "properties" else _partial(value)
        )
        for key, value in kept.items()
    }


def _entries(section: str, kinds: Mapping[str, Schema]) -> dict[str, Schema]:
    """Definitions of a section: its entries of each kind, any entry, and a reference to one."""
    made: dict[str, Schema] = {}
    for kind, own in kinds.items():
        made[f"{section}.{kind}"] = {
            "description": own.get("description", ""),
            "properties": {"kind": {"const": kind}, **own["properties"]},
            "additionalProperties": False,
        }
    alternatives: dict[str, list[Schema]] = {}
    for kind, own in kinds.items():
        for option in own["properties"]:
            alternatives.setdefault(option, []).append(_ref(f"{section}.{kind}", "properties", option))
    made[f"{section}.?"] = {
        "properties": {option: {"anyOf": refs} for option, refs in alternatives.items()},
        "additionalProperties": False,
    }
    made[f"{section}.of-kind"] = {
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}}, "then": _ref(f"{section}.{kind}")} for kind in kinds
        ],
    }
    made[f"{section}.reference"] = {
        "type": ["string", "object"],
        "properties": {kind: _changes(section, kind, own["properties"]) for kind, own in kinds.items()},
        "additionalProperties": _changes(section, "?", alternatives),
        "minProperties": 1,
        "maxProperties": 1,
    }
    return made


def _changes(section: str, kind: str, names: Mapping[str, Any]) -> Schema:
    """The options that a reference may change, each to a value or, as a sweep, to several."""
    values = {name: _ref(f"{section}.{kind}", "properties", name) for name in names}
    if section != _NOT_SWEPT:
        values = {name: {"anyOf": [own, _several(own)]} for name, own in values.items()}
    return {"type": "object", "properties": values, "additionalProperties": False}


def _section(section: str, description: str) -> Schema:
    """Entries by name. One without a kind is of the kind of its name, or else laid over an entry of another file."""

    def entry(otherwise: str) -> Schema:
        by_kind = {"if": {"required": ["kind"]}, "then": _ref(f"{section}.of-kind")}
        return {"type": ["object", "null"], **by_kind, "else": _ref(f"{section}.{otherwise}")}

    return {
        "type": "object",
        "description": description,
        "properties": {kind: entry(kind) for kind in REGISTRIES[section]},
        "additionalProperties": entry("?"),
    }


def _experiment(definitions: dict[str, Schema]) -> Schema:
    """An experiment, or what it has beyond that which it inherits."""
    stage = options(Stage, definitions, "stage")
    experiment = options(Experiment, {}, "experiment")
    reference = {section: _ref(f"{section}.reference") for section in REGISTRIES}
    decoders = {"type": "array", "items": reference["decoders"]}
    own = {
        "task": _one_or_several(reference["tasks"]),
        "model": _one_or_several(reference["models"]),
        "decoders": decoders,
        "stages": {"type": ["object", "null"], "additionalProperties": _ref("stage")},
    }
    of_stage = {"objectives": _several(reference["objectives"]), "solver": reference["solvers"], "decoders": decoders}
    for made, replaced in ((stage, of_stage), (experiment, own)):
        for name, value in replaced.items():
            made["properties"][name] = {**value, "description": made["properties"][name]["description"]}
    definitions["stage"] = {**stage, "type": ["object", "null"]}
    experiment["properties"]["inherits"] = {"type": "string", "description": INHERITS}
    return {**experiment, "type": ["object", "null"]}


def _ref(*path: str) -> Schema:
    return {"$ref": "/".join(["#/definitions", *path])}


def _several(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def _one_or_several(item: Schema) -> Schema:
    return {"if": {"type": "array"}, "then": _several(item), "else": item}


def _or_false(value: Schema) -> Schema:
    return {"if": {"type": "boolean"}, "then": {"const": False}, "else": value}
