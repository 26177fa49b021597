"""The identity of code: what changes it and what does not."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from studies import changed

from beyond_mle import code_id as module
from beyond_mle import config
from beyond_mle.code_id import code_id, code_of_measuring, code_of_notebook, code_of_run
from beyond_mle.jobs import Job, find_job

PACKAGE = Path(module.__file__).parent


def forget() -> None:
    """As in a new process."""
    code_id.cache_clear()
    module._syntax.cache_clear()
    module._path.cache_clear()


@pytest.fixture(autouse=True)
def _afresh():
    forget()
    yield
    forget()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `toycode` in which stage imports helper, and helper imports deep.base by a relative import."""
    folder = tmp_path / "toycode"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "deep" / "__init__.py").write_text("")
    (folder / "deep" / "base.py").write_text("TWO = 2\n")
    (folder / "helper.py").write_text("from .deep import base\n\n\ndef double(x):\n    return base.TWO * x\n")
    (folder / "stage.py").write_text('"""Doc."""\nfrom toycode import helper\n\nX = helper.double(1)\n')
    (folder / "other.py").write_text("Y = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toycode", raising=False)
    return folder


def identity() -> str:
    forget()
    return code_id("toycode.stage")


@pytest.mark.parametrize(
    ("file", "text", "same"),
    [
        ("helper.py", "def double(x):\n    return 3 * x\n", False),
        (
            "helper.py",
            "# why\nfrom .deep import base\ndef double( x ):\n    '''Doc.'''\n    return base.TWO*x\n",
            True,
        ),
        ("stage.py", '"""Other words."""\nfrom toycode import helper\n\nX = helper.double(1)\n', True),
        ("stage.py", "from toycode import helper\n\nX = helper.double(2)\n", False),
        ("deep/base.py", "TWO = 3\n", False),
        ("deep/__init__.py", "import logging\n", False),
        ("other.py", "Y = 2\n", True),
    ],
)
def test_code_counts_and_layout_does_not(package: Path, file: str, text: str, same: bool) -> None:
    before = identity()
    (package / file).write_text(text)
    assert (identity() == before) is same


@pytest.mark.parametrize(
    "statement",
    [
        "from .base import TWO",
        "from . import base",
        "from ..deep import base",
        "from toycode.deep.base import TWO",
        "import toycode.deep.base",
        "def late():\n    from . import base",
    ],
)
def test_every_form_of_import_is_followed(package: Path, statement: str) -> None:
    (package / "deep" / "user.py").write_text(statement + "\n")
    seen = []
    for text in ("TWO = 2\n", "TWO = 3\n"):
        (package / "deep" / "base.py").write_text(text)
        forget()
        seen.append(code_id("toycode.deep.user"))
    assert seen[0] != seen[1]


def test_a_moved_module_is_another(package: Path) -> None:
    shutil.copy(package / "other.py", package / "twin.py")
    assert code_id("toycode.other") != code_id("toycode.twin")


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


# Of jobs


def job(*changes: tuple[str, Any], objective: str = "convex-exp") -> Job:
    decoders = ("experiments.e.decoders", ["greedy", "beam"])
    return find_job(config.check(changed(decoders, *changes)), f"g/transformer/{objective}/seed1")


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch):
    """Has a module of the package read as if a line had been added to it."""
    real = module._syntax

    def edit(name: str) -> None:
        assert (PACKAGE.parent / (name.replace(".", "/") + ".py")).exists()
        code_id.cache_clear()
        monkeypatch.setattr(
            module, "_syntax", lambda one: (real(one)[0] + ("edited" if one == name else ""), real(one)[1])
        )

    return edit


TRAIN = lambda: code_of_run(job(), "train")  # noqa: E731
SAMPLE = lambda: code_of_run(job(), "sample", "beam")  # noqa: E731
MEASURE = lambda: code_of_measuring(job().study, job())  # noqa: E731


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("tasks.grammar", {"train", "sample", "measure"}),
        ("tasks.language", {"train", "sample", "measure"}),  # that the task imports
        ("tasks.plane", {"measure"}),  # a yardstick imports it
        ("models.transformer", {"train", "sample", "measure"}),
        ("models.ctc", set()),
        ("objectives.convex_exp", {"train", "sample", "measure"}),
        ("objectives.brier", set()),
        ("solvers.minibatch", {"train", "sample"}),
        ("solvers.minima", set()),
        ("decoding.greedy", {"train"}),  # in validation
        ("decoding.beam", {"sample"}),
        ("decoding.mask_predict", set()),
        ("yardsticks.validity", {"measure"}),
        ("yardsticks.reference_overlap", {"measure"}),
        ("stages.train", {"train"}),
        ("stages.render", set()),
        ("report.style", set()),
    ],
)
def test_what_is_made_again_when_a_module_changes(edited, name: str, changes: set[str]) -> None:
    stages = {"train": TRAIN, "sample": SAMPLE, "measure": MEASURE}
    before = {stage: identity_of() for stage, identity_of in stages.items()}
    edited(f"beyond_mle.{name}")
    assert {stage for stage, identity_of in stages.items() if identity_of() != before[stage]} == changes


def test_a_yardstick_that_is_switched_off_does_not_count(edited) -> None:
    silent = ("yardsticks", {"validity": False, "distance": False})
    before = code_of_measuring(job(silent).study, job(silent))
    edited("beyond_mle.yardsticks.distance")
    assert code_of_measuring(job(silent).study, job(silent)) == before


PLUGIN = """
from beyond_mle.objectives.mle import MLE
from beyond_mle.registry import OBJECTIVES


@OBJECTIVES.register("{name}")
class Mine(MLE):
    '''{doc}'''

    number = {number}
"""


def test_a_plug_in_file_counts_for_its_own_runs_only(tmp_path: Path) -> None:
    file = tmp_path / "counted_plugin.py"
    file.write_text(PLUGIN.format(name="counted-objective", doc="Doc.", number=1))
    plugged = [("plugins", [str(file)]), ("objectives.mle-continued", {"kind": "counted-objective"})]
    mine, other = (job(*plugged, objective=name) for name in ("mle-continued", "convex-exp"))
    before = code_of_run(mine, "train"), code_of_run(other, "train")
    for doc, number, same in (("Other words.", 1, True), ("Doc.", 2, False)):
        file.write_text(PLUGIN.format(name="counted-objective", doc=doc, number=number))
        forget()
        assert (code_of_run(mine, "train") == before[0]) is same
        assert code_of_run(other, "train") == before[1]


@pytest.mark.parametrize(
    ("name", "same"),
    [("formulas.density_ratio", False), ("stages.render", False), ("report.style", False), ("objectives.brier", True)],
)
def test_a_notebook_counts_with_what_it_imports(tmp_path: Path, edited, name: str, same: bool) -> None:
    notebook = tmp_path / "page.py"
    notebook.write_text("# %%\nimport pandas\nfrom beyond_mle.formulas import density_ratio\n")
    before = code_of_notebook(notebook)
    edited(f"beyond_mle.{name}")
    assert (code_of_notebook(notebook) == before) is same


def test_the_text_of_a_notebook_is_an_input_and_no_part_of_its_code(tmp_path: Path) -> None:
    notebook, seen = tmp_path / "page.py", []
    for text in ("", "# %% [markdown]\n# Words\n", "# %%\nimport pandas\nprint(1)\n"):
        notebook.write_text(text)
        seen.append(code_of_notebook(notebook))
    assert len(set(seen)) == 1
