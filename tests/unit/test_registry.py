"""The registries: what is found by its key, and what a key that is not there is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.jobs import REGISTRIES
from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, Registry


def test_entries_come_in_the_order_of_their_keys() -> None:
    for registry in REGISTRIES.values():
        assert list(registry) == sorted(registry)


def test_a_key_names_one_class() -> None:
    assert "beam" in DECODERS
    assert "bean" not in DECODERS
    assert DECODERS["beam"] is DECODERS["beam"]


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UserError, match="there is no model kind 'transfomer': did you mean 'transformer'"):
        MODELS["transfomer"]


def test_a_key_is_registered_once() -> None:
    with pytest.raises(ValueError, match="objective 'mle' is registered twice"):
        OBJECTIVES.register("mle")(object)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of a package of two modules: one of its key's name, one that holds a key of another name."""
    folder = tmp_path / "fruits_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    registry = Registry("fruit", folder.name)
    for module, key in (("red_apple", "red-apple"), ("others", "pear")):
        (folder / f"{module}.py").write_text(
            f"from {folder.name} import REGISTRY\nREGISTRY.register('{key}')(object)\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    __import__(folder.name).REGISTRY = registry
    yield registry
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]


def test_a_file_is_found_by_its_name_and_others_by_looking_through_all(package: Registry) -> None:
    assert package["red-apple"] is object
    assert "fruits_of_a_test.others" not in sys.modules
    assert package["pear"] is object
    assert list(package) == ["pear", "red-apple"]


def test_looking_up_one_model_imports_no_other() -> None:
    code = "import sys; from beyond_mle.registry import MODELS; MODELS['tabular']; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "beyond_mle.models.tabular" in modules
    assert "beyond_mle.models.transformer" not in modules
