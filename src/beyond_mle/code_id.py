"""The identity of the code behind a result: what must change for a result to be made again.

A rule's parameters hold `code_id(…)` of its stage and of the registered kinds it uses. It hashes the syntax trees of
those modules and of all of beyond_mle that they import, without docstrings; comments, layout and untouched modules
do not count, and neither does a new objective in a file of its own.
"""

import ast
import functools
import hashlib
import importlib.util
from pathlib import Path

from beyond_mle import config

PACKAGE = "beyond_mle"


@functools.cache
def code_id(*modules: str) -> str:
    """A short hash of these modules and of every module of the package that they import, directly or not."""
    digest = hashlib.sha256()
    for module in sorted(_closure(modules)):
        digest.update(module.encode())
        digest.update(_syntax(module)[0].encode())
    return digest.hexdigest()[:12]


def code_of_run(study: config.Study, run: config.Run, decoder: str, stage: str) -> str:
    """The identity of a stage's code together with that of the kinds a run and one of its decoders are made of."""
    entries = [
        config.entry(study, "tasks", run.task),
        config.entry(study, "models", run.model),
        config.objective(study, run),
        config.entry(study, "decoders", decoder),
    ]
    return code_id(stage, *(entry.cls.__module__ for entry in entries))


def _closure(modules: tuple[str, ...]) -> set[str]:
    """The modules and all that they import from the package."""
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
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = tuple(name for node in ast.walk(tree) for name in _imported(node))
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


def _imported(node: ast.AST) -> list[str]:
    """The package's modules that an import statement names."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.split(".")[0] == PACKAGE and _path(name) is not None]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


@functools.cache
def _path(module: str) -> Path | None:
    """The module's file, found without importing it; none where the name is no module (an imported function, say)."""
    root = Path(importlib.util.find_spec(PACKAGE).origin).parent
    place = root.joinpath(*module.split(".")[1:])
    files = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in files if file.exists()), None)
