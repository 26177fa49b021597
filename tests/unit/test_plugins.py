"""Plug-ins: files that a study names, and installed packages."""

import sys
from pathlib import Path

import pytest
from studies import changed

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.jobs import find_job
from beyond_mle.plugins import PREFIX, load_plugins
from beyond_mle.registry import OBJECTIVES

OBJECTIVE = """
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import OBJECTIVES


@OBJECTIVES.register("{key}")
class Plugged(MLE):
    '''{key}.'''
"""


def write(path: Path, text: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def refused(*files: str) -> str:
    with pytest.raises(UserError) as error:
        load_plugins(files)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_of_a_study_registers_what_the_study_uses(tmp_path):
    file = write(tmp_path / "my-plugin.py", OBJECTIVE.format(key="toy-file"))
    values = changed(("plugins", [file]), ("experiments.e.stages.first.objectives", ["mle", "toy-file"]))
    job = find_job(config.check(values), "g/transformer/toy-file/seed1")
    assert job.objective.cls.__module__ == f"{PREFIX}my_plugin"
    config.check(values)  # again: it is imported once


def test_a_resolved_study_loads_its_plug_ins_too(tmp_path):
    file = write(tmp_path / "resolved.py", OBJECTIVE.format(key="toy-resolved"))
    config.save(config.check(changed(("plugins", [file]))), tmp_path / "study.yaml")
    del sys.modules[f"{PREFIX}resolved"]
    del OBJECTIVES._entries["toy-resolved"]
    config.load_resolved(tmp_path / "study.yaml")
    assert "toy-resolved" in OBJECTIVES


def test_a_missing_file_is_named(tmp_path):
    assert refused(str(tmp_path / "none.py")) == f"plugins: {tmp_path}/none.py: no such file"


def test_two_files_of_one_name_are_refused(tmp_path):
    one, other = (write(tmp_path / folder / "same_name.py", "X = 1\n") for folder in ("a", "b"))
    assert refused(one, other) == f"plugins: {other} and {one} have one name; rename one of them"


def test_a_file_may_be_named_in_two_ways(tmp_path, monkeypatch):
    file = write(tmp_path / "a" / "twice_named.py", OBJECTIVE.format(key="toy-twice"))
    monkeypatch.chdir(tmp_path)
    load_plugins([file, "a/twice_named.py", "a/../a/twice_named.py"])
    assert "toy-twice" in OBJECTIVES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("def (\n", "SyntaxError: invalid syntax"),
        ("raise ValueError('first line\\nsecond line')\n", "ValueError: first line second line"),
        (OBJECTIVE.format(key="mle"), "ValueError: objective 'mle' is registered twice"),
    ],
)
def test_an_import_that_fails_is_one_line_and_leaves_no_module(tmp_path, text, reason):
    assert "mle" in OBJECTIVES
    file = write(tmp_path / "broken_plugin.py", text)
    assert refused(file).startswith(f"plugins: {file}: {reason}")
    assert f"{PREFIX}broken_plugin" not in sys.modules


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str) -> None:
    """Put a distribution with one entry point on the path."""
    write(folder / f"{module}.py", text)
    info = folder / f"{module}-1.0.dist-info"
    write(info / "METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    write(info / "entry_points.txt", f"[beyond_mle]\nmine = {module}\n")
    monkeypatch.syspath_prepend(folder)


def test_an_installed_package_announces_its_modules(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "toy_distribution", OBJECTIVE.format(key="toy-installed"))
    job = find_job(
        config.check(changed(("objectives.mle-continued", {"kind": "toy-installed"}))),
        "g/transformer/mle-continued/seed1",
    )
    assert job.objective.cls.__module__ == "toy_distribution"


def test_an_installed_package_that_cannot_be_imported_is_one_line(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "toy_broken", "import no_such_module_at_all\n")
    assert refused() == (
        "plugins: the entry point 'mine': ModuleNotFoundError: No module named 'no_such_module_at_all'"
    )
