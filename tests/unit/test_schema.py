"""The schema for editors and the reference of options: up to date, and neither too strict nor too lax."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from beyond_mle.files import read_yaml
from beyond_mle.jobs import REGISTRIES
from beyond_mle.options import Options
from beyond_mle.options_reference import markdown
from beyond_mle.registry import YARDSTICKS
from beyond_mle.schema import schema
from beyond_mle.study import Checks, Evaluation, Experiment, Stage, Study

ROOT = Path(__file__).parents[2]
STUDIES = ("base", "embedded", "default", "smoke", "multi30k")
AGAIN = "is out of date: run `python -m beyond_mle describe`"


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    made = schema()
    Draft7Validator.check_schema(made)
    return Draft7Validator(made)


def complaints(validator: Draft7Validator, study: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(study)]


def test_what_is_committed_is_up_to_date(tmp_path: Path) -> None:
    # In a process of its own: other tests register kinds in this one.
    made = tmp_path / "schema.json", tmp_path / "options.md"
    words = ("describe", "--schema", str(made[0]), "--options", str(made[1]))
    subprocess.run([sys.executable, "-m", "beyond_mle", *words], cwd=ROOT, check=True, capture_output=True)
    for file, own in zip(("config/schema.json", "docs/options.md"), made, strict=True):
        assert (ROOT / file).read_text(encoding="utf-8") == own.read_text(encoding="utf-8"), f"{file} {AGAIN}"


@pytest.mark.parametrize("name", STUDIES)
def test_the_studies_are_valid_and_name_their_schema(validator: Draft7Validator, name: str) -> None:
    file = ROOT / "config" / f"{name}.yaml"
    assert complaints(validator, read_yaml(file)) == []
    assert file.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


STAGE = {"objectives": ["mle"], "solver": "first"}
EXPERIMENT = {"task": "grammar", "model": "ctc", "stages": {"first": STAGE}}


@pytest.mark.parametrize(
    ("study", "complaint"),
    [
        ({"sedes": [1]}, "$: Additional properties are not allowed ('sedes' was unexpected)"),
        ({"models": {"m": {"kind": "trans"}}}, "$.models.m.kind: 'trans' is not one of"),
        ({"models": {"m": {"kind": "ctc", "widht": 8}}}, "$.models.m: Additional properties"),
        ({"models": {"m": {"kind": "tabular", "width": 8}}}, "$.models.m: Additional properties"),  # of another kind
        ({"models": {"tabular": {"width": 8}}}, "$.models.tabular: Additional properties"),
        ({"models": {"m": {"widht": 8}}}, "$.models.m: Additional properties"),
        ({"models": {"m": {"width": 0}}}, "$.models.m.width: 0 is not valid"),
        ({"tasks": {"t": {"kind": "plane", "mean": [1, "a"]}}}, "$.tasks.t.mean[1]: 'a' is not of type 'number'"),
        ({"tasks": {"t": {"kind": "parallel", "splits": {"trian": {}}}}}, "$.tasks.t.splits: Additional properties"),
        ({"objectives": {"convex-exp": {"order": [1, 3]}}}, "$.objectives['convex-exp'].order: [1, 3] is not of type"),
        ({"yardsticks": {"bleu": False}}, "$.yardsticks: Additional properties"),
        ({"yardsticks": {"distance": True}}, "$.yardsticks.distance: False was expected"),
        ({"yardsticks": {"distance": {"sources": 0}}}, "$.yardsticks.distance.sources: 0 is less"),
        ({"experiments": {"e": {**EXPERIMENT, "modle": "m"}}}, "$.experiments.e: Additional properties"),
        ({"experiments": {"e": {"stages": {"s": {**STAGE, "solver": ["a"]}}}}}, "stages.s.solver: ['a'] is not of"),
        ({"experiments": {"e": {"stages": {"s": {"objectives": "mle"}}}}}, "stages.s.objectives: 'mle' is not of"),
        ({"experiments": {"e": {"task": {"grammar": {"styles": [9]}}}}}, "e.task.grammar.styles: [9] is not valid"),
        ({"experiments": {"e": {"task": {"a": {}, "b": {}}}}}, "e.task: {'a': {}, 'b': {}} has too many properties"),
        ({"templates": {"e": {"decoders": [{"sample": {"tmp": [1]}}]}}}, "decoders[0].sample: Additional properties"),
    ],
)
def test_mistakes_are_found_where_they_are(validator: Draft7Validator, study: dict, complaint: str) -> None:
    (found,) = complaints(validator, study)
    assert complaint in found


def test_whatever_other_files_may_say_is_left_to_them(validator: Draft7Validator) -> None:
    study = {
        "extends": "other.yaml",
        "models": {"theirs": {"width": 8}, "gone": None},
        "yardsticks": {"distance": False},
        "experiments": {
            "gone": None,
            "swept": {"inherits": "theirs", "model": [{"theirs": {"width": [8, 16]}}, "ctc"], "stages": {"gone": None}},
        },
    }
    assert complaints(validator, study) == []


def test_the_reference_has_every_kind_and_option() -> None:
    text = markdown()
    for section, registry in {**REGISTRIES, "yardsticks": YARDSTICKS}.items():
        own = text.split(f"\n## `{section}`\n")[1].split("\n## ")[0]
        for kind in registry:
            entry = own.split(f"\n### `{kind}`\n")[1].split("\n### ")[0]
            assert all(f"| `{option}` | " in entry for option in registry[kind].Options.model_fields)
    assert "| `batch_size` | integer > 0 | required | What a batch holds" in text
    assert "| `splits.dev` | as `splits.train` | `null` | None: held out of train. |" in text
    assert "| `task` | reference or list of reference | required |" in text


@pytest.mark.parametrize("place", [Study, Experiment, Stage, Evaluation, Checks])
def test_every_key_of_a_study_has_help(place: type[Options]) -> None:
    assert not [name for name, field in place.model_fields.items() if not field.description]
