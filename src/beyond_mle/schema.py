"""The JSON schema of configuration files, for editors: completion, help, and red lines under what is wrong.

A file may leave out what the file that it extends says, or an experiment what it inherits, and null takes a mapping
away; so nothing is required. Which options an entry may have follows from its `kind`, or, if it says none, from its
name where that is a registered kind. Kinds that are not registered (of plug-ins) may have any.
"""

from typing import Any

from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options
from beyond_mle.registry import YARDSTICKS, Registry
from beyond_mle.study import Study

Schema = dict[str, Any]

REFERENCES = {
    ("Experiment", "task"): "tasks",
    ("Experiment", "model"): "models",
    ("Experiment", "decoders"): "decoders",
    ("Stage", "objectives"): "objectives",
    ("Stage", "solver"): "solvers",
    ("Stage", "decoders"): "decoders",
}
"""Where a configuration refers to entries: class and field → their section."""
NULL: Schema = {"type": "null"}


def study_schema() -> Schema:
    """The schema of a configuration file, as it stands before it is laid over the one that it extends."""
    schema = Study.model_json_schema()
    definitions: dict[str, Schema] = schema.pop("$defs")
    for (owner, field), section in REFERENCES.items():
        _refer(definitions[owner]["properties"][field], section)
    for section, registry in REGISTRIES.items():
        definitions |= _section(section, registry)
        schema["properties"][section] |= _entries(section, registry)
    definitions |= {f"yardsticks.{kind}": _options(YARDSTICKS[kind].Options, definitions) for kind in YARDSTICKS}
    schema["properties"]["yardsticks"] |= {
        "properties": {
            kind: {"anyOf": [{"const": False}, NULL, {"$ref": f"#/$defs/yardsticks.{kind}"}]} for kind in YARDSTICKS
        }
    }
    stages, experiments = definitions["Experiment"]["properties"]["stages"], schema["properties"]["experiments"]
    for values in (stages, experiments):
        values["additionalProperties"] = {"anyOf": [values["additionalProperties"], NULL]}
    # What is carried out when a file is read, and is not in the study.
    definitions["Experiment"]["properties"]["inherits"] = _text("The experiment or template that this is laid over.")
    schema["properties"]["extends"] = _text("The file, of the same folder, that this one is laid over.")
    schema["properties"]["templates"] = experiments | {"description": "Like experiments, but only to inherit from."}
    for one in (schema, *definitions.values()):
        one.pop("required", None)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}
    return _untitled(whole)


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _untitled(schema: Any) -> Any:
    """Without pydantic's titles, which repeat the names."""
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(one) for key, one in schema.items() if key != "title" or not isinstance(one, str)}


def _refer(field: Schema, section: str) -> None:
    """Make a field of `Reference`s one of references to this section."""
    reference, several = {"$ref": f"#/$defs/{section}.reference"}, field.get("type") == "array"
    if several:
        field["items"] = reference
        return
    is_list = any(one.get("type") == "array" for one in field["anyOf"])
    field["anyOf"] = [reference, *([{"type": "array", "items": reference}] if is_list else [])]


def _section(section: str, registry: Registry[Any]) -> dict[str, Schema]:
    """The definitions of a section: of an entry, of a reference to one, and of each kind's options."""
    found: dict[str, Schema] = {}
    for kind in registry:
        options = _options(registry[kind].Options, found)
        options["properties"] = {"kind": {"const": kind}, **options["properties"]}
        found[f"{section}.{kind}"] = options
    return {
        section: {
            "type": ["object", "null"],
            "properties": {"kind": {"anyOf": [{"enum": list(registry)}, {"type": "string"}]}},
            "allOf": [
                {
                    "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                    "then": {"$ref": f"#/$defs/{section}.{kind}"},
                }
                for kind in registry
            ],
        },
        f"{section}.reference": {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {kind: _swept(f"{section}.{kind}", found) for kind in registry},
                    "additionalProperties": {"type": "object"},
                },
            ]
        },
        **found,
    }


def _entries(section: str, registry: Registry[Any]) -> Schema:
    """What a section holds: entries; one that has the name of a kind and says no other is of that kind."""
    entry = {"$ref": f"#/$defs/{section}"}
    named = {
        kind: {"allOf": [entry], "if": {"required": ["kind"]}, "else": {"$ref": f"#/$defs/{section}.{kind}"}}
        for kind in registry
    }
    return {"properties": named, "additionalProperties": entry}


def _options(options: type[Options], definitions: dict[str, Schema]) -> Schema:
    """The options of a kind; the classes that they consist of are added to the definitions."""
    schema = options.model_json_schema()
    for name, nested in schema.pop("$defs", {}).items():
        assert definitions.setdefault(name, nested) == nested, f"two classes of options are named {name}"
    properties = schema.get("properties", {})
    return {"description": schema.get("description", ""), "properties": properties, "additionalProperties": False}


def _swept(name: str, definitions: dict[str, Schema]) -> Schema:
    """Options in a reference, where a list is a sweep over values."""
    pointers = {
        option: {"$ref": f"#/$defs/{name}/properties/{option}"}
        for option in definitions[name]["properties"]
        if option != "kind"
    }
    properties = {option: {"anyOf": [one, {"type": "array", "items": one}]} for option, one in pointers.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}
