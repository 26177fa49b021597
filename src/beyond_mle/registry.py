"""Names for the things of a study: a registered class is found by its key, with its options.

A new task, model, objective or decoder is one file in its package:

    @OBJECTIVES.register("my-loss")
    class MyLoss:
        class Options(beyond_mle.options.Options):
            temperature: float = 1.0

The file alone is enough: a look-up imports the module of the key's name, and if that does not hold the entry, every
module of the package.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from beyond_mle import kinds
from beyond_mle.errors import UserError, nearest

Entry = TypeVar("Entry", bound=type)
Kind = TypeVar("Kind")
"""What the entries of a registry have in common, a protocol of `kinds`."""


class Registry(Generic[Kind]):
    """The entries of one package, by key; each is a class that has an `Options` class of its own."""

    def __init__(self, noun: str, package: str):
        self.noun = noun
        self._package = package
        self._entries: dict[str, type[Kind]] = {}
        self._loaded = False

    def register(self, key: str) -> Callable[[Entry], Entry]:
        """Class decorator: makes the class available as `key`.

        Raises:
            ValueError: if the key is taken.
        """

        def add(entry: Entry) -> Entry:
            if key in self._entries:
                raise ValueError(f"{self.noun} '{key}' is registered twice")
            self._entries[key] = entry
            return entry

        return add

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def __contains__(self, key: str) -> bool:
        self._find(key)
        return key in self._entries

    def __getitem__(self, key: str) -> type[Kind]:
        self._find(key)
        if key not in self._entries:
            raise UserError(f"there is no {self.noun} kind '{key}': {nearest(key, self._entries)}")
        return self._entries[key]

    def _find(self, key: str) -> None:
        """Import what holds the entry; most stages need a few kinds only, and start faster without the others."""
        module = key.replace("-", "_")
        if key not in self._entries and module in self._modules():
            importlib.import_module(f"{self._package}.{module}")
        if key not in self._entries:
            self._load()

    def _load(self) -> None:
        if self._loaded:
            return
        for module in self._modules():
            importlib.import_module(f"{self._package}.{module}")
        self._loaded = True

    def _modules(self) -> list[str]:
        package = importlib.import_module(self._package)
        return [module.name for module in pkgutil.iter_modules(package.__path__)]


TASKS = Registry[kinds.Task]("task", "beyond_mle.tasks")
MODELS = Registry[kinds.Model]("model", "beyond_mle.models")
OBJECTIVES = Registry[kinds.Objective]("objective", "beyond_mle.objectives")
SOLVERS = Registry[kinds.Solver]("solver", "beyond_mle.solvers")
DECODERS = Registry[kinds.Decoder]("decoder", "beyond_mle.decoding")
YARDSTICKS = Registry[kinds.Yardstick]("yardstick", "beyond_mle.yardsticks")
