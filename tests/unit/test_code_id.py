"""The identity of code: what changes it and what does not."""

import sys
from pathlib import Path

import pytest

from beyond_mle import code_id as module
from beyond_mle.code_id import code_id


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `toycode` in which stage imports helper, and other stands alone."""
    folder = tmp_path / "toycode"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "stage.py").write_text('"""Doc."""\nfrom toycode import helper\n\nX = helper.double(1)\n')
    (folder / "other.py").write_text("Y = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toycode", raising=False)
    module._path.cache_clear()
    monkeypatch.setattr(module, "PACKAGE", "toycode")
    return folder


def identity() -> str:
    code_id.cache_clear()
    module._syntax.cache_clear()
    return code_id("toycode.stage")


@pytest.mark.parametrize(
    ("file", "text", "same"),
    [
        ("helper.py", "def double(x):\n    return 3 * x\n", False),
        ("helper.py", "# why\ndef double( x ):\n    '''Doc.'''\n    return 2*x\n", True),
        ("stage.py", '"""Other words."""\nfrom toycode import helper\n\nX = helper.double(1)\n', True),
        ("stage.py", "from toycode import helper\n\nX = helper.double(2)\n", False),
        ("other.py", "Y = 2\n", True),
    ],
)
def test_code_counts_and_layout_does_not(package: Path, file: str, text: str, same: bool) -> None:
    before = identity()
    (package / file).write_text(text)
    assert (identity() == before) is same


def test_data_files_of_a_module_count(package: Path) -> None:
    (package / "stage.py").write_text('FOLDER, WORDS = "lexicon", "words.yaml"\n')
    (package / "lexicon").mkdir()
    files = [package / "words.yaml", package / "lexicon" / "verbs.yaml"]
    seen = []
    for text in ("a: 1\n", "a: 2\n"):
        for file in files:
            file.write_text(text)
            seen.append(identity())
    assert len(set(seen)) == len(seen)


def test_a_new_objective_does_not_change_the_training_of_the_others() -> None:
    """The training stage reaches objectives through the registry, not by import."""
    found = module._closure(("beyond_mle.stages.train",))
    assert not any(name.startswith(("beyond_mle.objectives.", "beyond_mle.models.")) for name in found)
