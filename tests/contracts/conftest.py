"""Tasks prepared once, by the tasks themselves, and small models on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the files that tasks read: pairs of lines of text."""
    folder = tmp_path_factory.mktemp("sources")
    words = ["das", "rote", "Haus", "steht", "am", "See", "und", "schläft"]
    for split, first, n in (("train", 0, 60), ("dev", 100, 6), ("test", 200, 5)):
        lines = [
            f"{' '.join(words[(i + k) % 8] for k in range(2 + i % 5))} {first + i}\tline {i} of {split} , {i * i}"
            for i in range(n)
        ]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def prepared(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The prepared folder of a task, by its kind."""
    folders: dict[str, Path] = {}

    def prepare(kind: str) -> Path:
        if kind not in folders:
            folders[kind] = tmp_path_factory.mktemp(kind)
            task = tiny.make_task(kind)
            task.prepare({name: sources / name for name in task.source_files()}, folders[kind])
        return folders[kind]

    return prepare


@pytest.fixture(scope="session")
def data_of(prepared: Callable[[str], Path]) -> Callable[[str], Any]:
    """The data of a task, by its kind."""
    opened: dict[str, Any] = {}

    def open_(kind: str) -> Any:
        if kind not in opened:
            opened[kind] = tiny.make_task(kind).open(prepared(kind))
        return opened[kind]

    return open_


@pytest.fixture
def parts_of(data_of: Callable[[str], Any]) -> Callable[..., tiny.Parts]:
    """Model and objective of a tiny run, on its data."""

    def make(task: str, model: str, objective: str, solver: str = "minibatch", **changes: Any) -> tiny.Parts:
        return tiny.Parts(tiny.make_job(task, model, objective, solver, **changes), data_of(task))

    return make
