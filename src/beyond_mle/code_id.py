"""The identity of the code behind a result: what must change for a result to be made again.

A rule's parameters hold the identity of its stage together with that of the registered kinds that its job is made of.
It hashes the syntax trees of those modules and of all that they import from the same package (this one, or that of a
plug-in), without docstrings; comments, layout and untouched modules do not count, and neither does a new objective in a
file of its own.
"""

import ast
import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from beyond_mle.jobs import Entry, Job, yardsticks
from beyond_mle.study import Study

PACKAGE = "beyond_mle"


@functools.cache
def code_id(*modules: str) -> str:
    """A short hash of these modules and of every module of their packages that they import, directly or not."""
    digest = hashlib.sha256()
    for module in sorted(_closure(modules)):
        digest.update(module.encode())
        digest.update(_syntax(module)[0].encode())
    return digest.hexdigest()[:12]


def code_of(stage: str, entries: Iterable[Entry[Any]] = ()) -> str:
    """The identity of a stage together with that of registered kinds."""
    return code_id(f"{PACKAGE}.stages.{stage}", *sorted({entry.cls.__module__ for entry in entries}))


def code_of_run(job: Job, stage: str, decoder: str | None = None) -> str:
    """The identity of a stage for a run: with its task, model, objective and solver, and the decoder that it uses.

    Args:
        job: the run.
        stage: the module below `stages`.
        decoder: the label of the decoder; none: the one that validation uses.
    """
    chosen: list[Entry[Any]] = [job.decoders[decoder]] if decoder is not None else list(job.decoders.values())[:1]
    # What validation measures matters to the weights only where it chooses among them.
    if decoder is None and job.validated_by is not None and job.solver.options.selects:
        chosen.append(job.validated_by[0])
    return code_of(stage, [job.task, job.model, job.objective, job.solver, *chosen])


def code_of_measuring(study: Study, job: Job) -> str:
    """The identity of measuring a run: with all yardsticks, but without the solver and the decoders."""
    return code_of("measure", [job.task, job.model, job.objective, *yardsticks(study).values()])


def code_of_notebook(notebook: Path) -> str:
    """The identity of rendering a notebook: with whatever it imports from the package."""
    tree = ast.parse(notebook.read_text(encoding="utf-8"))
    imported = {name for node in ast.walk(tree) for name in _imported(node, "", PACKAGE)}
    return code_id(f"{PACKAGE}.stages.render", *sorted(imported))


def _closure(modules: tuple[str, ...]) -> set[str]:
    """The modules and all that they import from their packages, and from this one."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _syntax(module)[1]
    return found


@functools.cache
def _syntax(module: str) -> tuple[str, tuple[str, ...]]:
    """A module's syntax tree as text, without docstrings but with its data files, and the modules it imports."""
    path = _path(module)
    assert path is not None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    packages = {PACKAGE, module.split(".")[0]}
    own = module if path.name == "__init__.py" else module.rpartition(".")[0]
    imports = tuple(name for node in ast.walk(tree) for name in _imported(node, own, *packages))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_docstring(statement)] or [ast.Pass()]
    data = [file.read_bytes().hex() for file in _data_files(tree, path.parent)]
    return ast.dump(tree) + "".join(data), imports


def _data_files(tree: ast.Module, folder: Path) -> list[Path]:
    """The files beside a module, or in folders beside it, that the module names in a string."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    named = [folder / text for text in sorted(texts) if text and Path(text).name == text and (folder / text).exists()]
    files = [file for path in named for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    return [file for file in files if file.is_file() and file.suffix not in (".py", ".pyc")]


def _imported(node: ast.AST, own: str, *packages: str) -> list[str]:
    """The modules of these packages that an import statement names; `own` is the package in which it stands."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        above = own.split(".")[: len(own.split(".")) + 1 - node.level] if node.level else []
        origin = ".".join([*above, *([node.module] if node.module else [])])
        names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.split(".")[0] in packages and _path(name) is not None]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


@functools.cache
def _path(module: str) -> Path | None:
    """The module's file, found without importing it; none where the name is no module (an imported function, say)."""
    package, *rest = module.split(".")
    loaded = sys.modules.get(package)
    origin = getattr(loaded, "__file__", None) or getattr(importlib.util.find_spec(package), "origin", None)
    if origin is None:
        return None
    if not rest and Path(origin).name != "__init__.py":  # a plug-in that is a single file
        return Path(origin)
    place = Path(origin).parent.joinpath(*rest)
    files = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in files if file.exists()), None)
