"""Tasks, models, objectives, solvers, decoders and yardsticks from outside this package.

An installed package announces its modules as entry points of the group `beyond_mle`; a study names files under
`plugins:`. Importing either runs its `@….register(…)` lines.
"""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

from beyond_mle.errors import UserError

PREFIX = "beyond_mle_plugin_"
"""Before the file's stem, the name of a plug-in file's module."""


def load_plugins(files: Iterable[str]) -> None:
    """Import the installed plug-ins and these files, each once.

    Raises:
        UserError: if a file is missing, or a plug-in cannot be imported.
    """
    for point in entry_points(group="beyond_mle"):
        with _in_one_line(f"the entry point '{point.name}'"):
            point.load()
    for file in map(Path, files):
        name = PREFIX + file.stem.replace("-", "_")
        loaded = sys.modules.get(name)
        if loaded is not None:
            if Path(str(loaded.__file__)).resolve() != file.resolve():
                raise UserError(f"plugins: {file} and {loaded.__file__} have one name; rename one of them")
            continue
        if not file.is_file():
            raise UserError(f"plugins: {file}: no such file")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with _in_one_line(str(file)):
                spec.loader.exec_module(module)
        except UserError:
            del sys.modules[name]
            raise


@contextmanager
def _in_one_line(plugin: str) -> Iterator[None]:
    """Whatever goes wrong in an import, as one line that names the plug-in."""
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UserError(f"plugins: {plugin}: {type(error).__name__}: {reason}") from error
