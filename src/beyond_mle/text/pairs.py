"""Reading pairs of texts: two text files line by line, or one TSV or JSON-lines file; plain or gzipped.

In JSON lines a source may have several targets, each in a field of its own: the references of an evaluation split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl, read_lines
from beyond_mle.options import Options

_COLUMNS = (".tsv", ".tsv.gz")
_JSON_LINES = (".jsonl", ".jsonl.gz")


class PairFiles(Options):
    """The files of one split: either `source` and `target`, or `pairs`."""

    source: str | None = None
    """A text file with one source a line."""
    target: str | None = None
    """A text file with one target a line: line n translates line n of `source`."""
    pairs: str | None = None
    """One file with both: .tsv (source, tab, target) or .jsonl; .gz after either."""
    target_fields: list[str] | None = Field(default=None, min_length=1)
    """The keys of several references in .jsonl; by default there is one, in the `target_field` of the task."""

    @model_validator(mode="after")
    def _one_form(self) -> "PairFiles":
        forms = {(True, True, False), (False, False, True)}
        if (self.source is not None, self.target is not None, self.pairs is not None) not in forms:
            raise ValueError("give either source and target, or pairs")
        if self.pairs is not None and not self.pairs.endswith(_COLUMNS + _JSON_LINES):
            raise ValueError(f"the name of a file of pairs must end in one of {', '.join(_COLUMNS + _JSON_LINES)}")
        if self.target_fields is not None and not (self.pairs or "").endswith(_JSON_LINES):
            raise ValueError(f"target_fields are keys of a file of pairs in {' or '.join(_JSON_LINES)}")
        return self

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [name for name in (self.source, self.target, self.pairs) if name is not None]


Pair = tuple[str, tuple[str, ...]]
"""A source and its targets: one, or several references."""


@dataclass(frozen=True)
class RawPairs:
    """Pairs as read; pair i stands in line i + 1 of its files."""

    pairs: list[Pair]
    source_file: Path
    target_file: Path

    def reversed(self) -> "RawPairs":
        """Source and target exchanged; for pairs of one target."""
        pairs: list[Pair] = [(target, (source,)) for source, (target,) in self.pairs]
        return RawPairs(pairs, self.target_file, self.source_file)


def read_pairs(files: PairFiles, paths: Mapping[str, Path], source_field: str, target_field: str) -> RawPairs:
    """Read the pairs of one split.

    Args:
        files: which files.
        paths: where each file name is found.
        source_field: the key of the source in a JSON line.
        target_field: the key of the target in a JSON line, unless `files` names several.

    Raises:
        UserError: if a file cannot be read, two files differ in length, or a line lacks its source or a target;
            naming the files and the line.
    """
    if files.pairs is None:
        assert files.source is not None  # `PairFiles` has checked it
        assert files.target is not None
        return _read_two(paths[files.source], paths[files.target])
    path = paths[files.pairs]
    if files.pairs.endswith(_COLUMNS):
        pairs = _read_columns(path)
    else:
        pairs = _read_json_lines(path, source_field, files.target_fields or [target_field])
    return RawPairs(pairs, path, path)


def _read_two(source_file: Path, target_file: Path) -> RawPairs:
    sources, targets = read_lines(source_file), read_lines(target_file)
    if len(sources) != len(targets):
        raise UserError(
            f"{source_file} has {len(sources)} lines but {target_file} has {len(targets)}: "
            "line n of one must translate line n of the other"
        )
    pairs: list[Pair] = [(source, (target,)) for source, target in zip(sources, targets, strict=True)]
    return RawPairs(pairs, source_file, target_file)


def _read_columns(path: Path) -> list[Pair]:
    pairs: list[Pair] = []
    for number, line in enumerate(read_lines(path), start=1):
        columns = line.split("\t")
        if len(columns) != 2:
            raise UserError(f"{path}, line {number}: {len(columns)} column(s); expected a source, a tab and a target")
        pairs.append((columns[0], (columns[1],)))
    return pairs


def _read_json_lines(path: Path, source_field: str, target_fields: list[str]) -> list[Pair]:
    pairs: list[Pair] = []
    for number, row in enumerate(read_jsonl(path), start=1):
        for field in (source_field, *target_fields):
            if not isinstance(row, dict) or not isinstance(row.get(field), str):
                raise UserError(f"{path}, line {number}: no text in field '{field}'; {_fields_of(row)}")
        pairs.append((row[source_field], tuple(row[field] for field in target_fields)))
    return pairs


def _fields_of(row: Any) -> str:
    """What a line has instead, and the keys of the configuration that name its fields."""
    found = f"the line has {', '.join(row)}" if isinstance(row, dict) and row else "the line is no JSON object"
    return f"{found}; source_field and target_field of the task (or target_fields of a split) name the fields"
