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
    """A module's syntax tree as text without docstrings (data files of its package included), and its imports."""
    tree = ast.parse(_path(module).read_text(encoding="utf-8"))
    imports = tuple(name for node in ast.walk(tree) for name in _imported(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_docstring(statement)] or [ast.Pass()]
    return ast.dump(tree), imports


def _imported(node: ast.AST) -> list[str]:
    """The package's modules that an import statement names."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.startswith(PACKAGE) and _is_module(name)]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


@functools.cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _path(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin)
