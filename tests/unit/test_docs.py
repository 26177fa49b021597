"""What the documentation says of the code that could go stale."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "beyond_mle"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMED = set(re.findall(r"\w+", ARCHITECTURE))


@pytest.mark.parametrize(
    "package", ["", "tasks", "models", "objectives", "solvers", "decoding", "yardsticks", "text", "formulas", "stages"]
)
def test_the_tree_has_every_module(package: str) -> None:
    modules = {file.stem for file in (SOURCE / package).glob("*.py")} - {"__init__"}
    assert modules <= NAMED


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        assert target.startswith("https://") or (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|config|workflow|envs|tests|docs|profiles)/[\w./-]*[\w/])`", text):
        assert (ROOT / name).exists() or "half_power" in name, name
