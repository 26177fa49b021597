"""The registry and the presets that are shipped."""

from pathlib import Path

import pytest

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, TASKS, Registry

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("registry", [TASKS, MODELS, OBJECTIVES, DECODERS], ids=lambda r: r.noun)
def test_every_entry_documents_itself_and_its_options(registry: Registry) -> None:
    assert list(registry)
    for key in registry:
        assert registry[key].__doc__
        for name, field in registry[key].Options.model_fields.items():
            assert field.description, f"{registry.noun} '{key}': option '{name}' has no docstring"


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'transformer'"):
        MODELS["transfomer"]


def test_a_key_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        OBJECTIVES.register("mle")(object)


@pytest.mark.parametrize("preset", ["default.yaml", "multi30k.yaml", "smoke.yaml"])
def test_shipped_presets_are_valid(preset: str) -> None:
    assert list(config.runs(config.load(ROOT / "config" / preset)))
