"""The generated reference of options and the JSON schema of configuration files."""

import copy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from beyond_mle.files import read_json
from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options
from beyond_mle.options_reference import reference
from beyond_mle.registry import YARDSTICKS
from beyond_mle.schema import study_schema
from beyond_mle.stages.describe import schema_text
from beyond_mle.study import Checks, Evaluation, Experiment, Stage, Study

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "config" / "schema.json"
DESCRIBE = "run `python -m beyond_mle describe`"
CLASSES = {
    **{cls.__name__: cls for cls in (Study, Experiment, Stage, Evaluation, Checks)},
    **{
        f"{section}.{kind}": registry[kind].Options
        for section, registry in {**REGISTRIES, "yardsticks": YARDSTICKS}.items()
        for kind in registry
    },
}
STUDY = {
    "preset": "mine",
    "models": {"tabular": {}, "small": {"kind": "transformer", "width": 16}, "own": {"kind": "of-a-plug-in", "x": 1}},
    "yardsticks": {"distance": False},
    "experiments": {
        "one": {
            "task": {"strings": {"symbols": [2, 3]}},
            "model": ["tabular", {"string-network": {"width": [2, 4]}}],
            "stages": {"exact": {"objectives": ["mle", {"convex-exp": {"order": [0.5, 1]}}], "solver": "full-batch"}},
        },
        "two": {"inherits": "one", "stages": {"exact": None}},
        "three": None,
    },
    "templates": {"any": {"decoders": ["greedy", {"sample": {"temperature": [0.5, 1]}}]}},
    "extends": "base.yaml",
}


def faults(values: dict) -> list[str]:
    """Where a configuration breaks the schema."""
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(study_schema()).iter_errors(values)]


def changed(path: str, value: object) -> dict:
    """The study with something else at a path."""
    values = copy.deepcopy(STUDY)
    place, *rest = path.split("/")
    inner = values
    for part in rest:
        inner, place = inner.setdefault(place, {}), part
    inner[place] = value
    return values


def test_the_files_are_up_to_date() -> None:
    assert (ROOT / "docs" / "options.md").read_text(encoding="utf-8") == reference(), DESCRIBE
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), DESCRIBE


@pytest.mark.parametrize("name", CLASSES)
def test_every_option_has_help(name: str) -> None:
    waiting: list[type[Options]] = [CLASSES[name]]
    while waiting:
        for option, field in waiting.pop().model_fields.items():
            assert field.description, f"{name}: {option} has no docstring"
            if isinstance(field.annotation, type) and issubclass(field.annotation, Options):
                waiting.append(field.annotation)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(read_json(SCHEMA))


@pytest.mark.parametrize("name", ["base", "default", "embedded", "multi30k", "smoke"])
def test_the_configurations_keep_to_it(name: str) -> None:
    assert not faults(yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["default", "embedded"])
def test_editors_find_it(name: str) -> None:
    first, *_ = (ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"


def test_a_correct_study_has_no_faults() -> None:
    assert not faults(STUDY)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sedes", [1]),  # of the file
        ("seeds", "1"),
        ("evaluation/batch_size", 0),
        ("experiments/one/modle", "tabular"),
        ("experiments/one/stages/exact/objective", ["mle"]),
        ("models/small/widht", 16),  # of a kind
        ("models/small/width", "wide"),
        ("models/transformer", {"widht": 16}),  # of a name that is a kind
        ("yardsticks/distance", {"source": 2}),
        ("experiments/one/model", {"string-network": {"widht": 2}}),  # in a reference
        ("experiments/one/stages/exact/solver", {"full-batch": {"steps": [1, 0]}}),  # in a sweep
        ("experiments/one/task", {"strings": {}, "grammar": {}}),
    ],
)
def test_what_is_wrong_is_a_fault(path: str, value: object) -> None:
    assert faults(changed(path, value))
