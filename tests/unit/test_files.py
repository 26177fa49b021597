"""Files: nothing half-written remains, and what cannot be read is one line."""

import errno
import gzip
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.files import atomic, read_jsonl, read_lines, write_json, write_jsonl


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_json(path, {"ü": 1})
    with atomic(path) as temporary:
        temporary.write_text("other")
        assert path.read_text() == '{\n  "ü": 1\n}\n'
    assert path.read_text() == "other"
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("reason", [ValueError("wrong"), KeyboardInterrupt()], ids=lambda reason: type(reason).__name__)
def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path, reason: BaseException) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [1])

    def rows():
        yield 2
        raise reason

    with pytest.raises(type(reason)):
        write_jsonl(path, rows())
    assert read_jsonl(path) == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error, atomic(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(error.value) == f"cannot write {tmp_path}/a.txt: No space left on device"


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    text = "one\u2028still one\r\ntwo\x0bstill two\n\nfour"
    expected = ["one\u2028still one", "two\x0bstill two", "", "four"]
    (tmp_path / "a.txt").write_bytes(text.encode())
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(text.encode()))
    assert read_lines(tmp_path / "a.txt") == read_lines(tmp_path / "a.txt.gz") == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none", None, "none: no such file"),
        ("a.gz", b"plain", "a.gz: the name ends in .gz but this is not a gzip file"),
        (
            "a.gz",
            gzip.compress(b"some text\n" * 500, mtime=0)[:-20],
            "a.gz: the gzip file is damaged or cut off; fetch it again",
        ),
        ("a.txt", b"ab\xff", "a.txt: not UTF-8 text (invalid start byte at byte 2)"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        read_lines(tmp_path / name)
    assert str(error.value) == f"{tmp_path}/{message}"


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(UserError, match=r"a\.jsonl, line 2: not JSON \(Expecting value\)"):
        read_jsonl(tmp_path / "a.jsonl")
