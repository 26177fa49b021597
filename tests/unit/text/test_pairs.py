import gzip

import pytest
from pydantic import ValidationError

from beyond_mle.errors import UserError
from beyond_mle.text.pairs import PairFiles, RawPairs, read_pairs

PAIRS = [("ein Hund", ("a dog",)), ("zwei Hunde ", ("two\u2028dogs",))]
TSV = "".join(f"{source}\t{target}\n" for source, (target,) in PAIRS)
JSONL = '{"source": "ein Hund", "target": "a dog", "id": 1}\n{"target": "two\u2028dogs", "source": "zwei Hunde "}\n'


def read(tmp_path, source_field="source", target_field="target", **files) -> RawPairs:
    files = PairFiles(**files)
    return read_pairs(files, {name: tmp_path / name for name in files.names}, source_field, target_field)


def write(path, text: str) -> None:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_bytes(text.encode())


@pytest.mark.parametrize("end", ["", ".gz"])
def test_every_form_reads_the_same(end, tmp_path):
    texts = {
        "a.de": "ein Hund\nzwei Hunde \n",
        "a.en": "a dog\r\ntwo\u2028dogs",
        "a.tsv": TSV,
        "a.jsonl": JSONL,
    }
    for name, text in texts.items():
        write(tmp_path / f"{name}{end}", text)
    two = read(tmp_path, source=f"a.de{end}", target=f"a.en{end}")
    assert two == RawPairs(PAIRS, tmp_path / f"a.de{end}", tmp_path / f"a.en{end}")
    for form in ("tsv", "jsonl"):
        path = tmp_path / f"a.{form}{end}"
        assert read(tmp_path, pairs=path.name) == RawPairs(PAIRS, path, path)


def test_reversed():
    assert RawPairs([("a", ("x",))], "one", "two").reversed() == RawPairs([("x", ("a",))], "two", "one")


def test_named_fields(tmp_path):
    write(tmp_path / "a.jsonl", '{"en": "a", "de": "x", "source": "no"}\n')
    assert read(tmp_path, "en", "de", pairs="a.jsonl").pairs == [("a", ("x",))]


def test_several_targets(tmp_path):
    write(tmp_path / "a.jsonl.gz", '{"text": "t", "one": "a", "two": "b\\nc", "target": "no"}\n')
    found = read(tmp_path, "text", pairs="a.jsonl.gz", target_fields=["two", "one"]).pairs
    assert found == [("t", ("b\nc", "a"))]


def test_a_field_that_is_missing_is_named_beside_those_that_are_there(tmp_path):
    write(tmp_path / "a.jsonl", '{"dialogue": "t", "summary1": "a"}\n')
    found = "the line has dialogue, summary1; source_field and target_field of the task"
    with pytest.raises(UserError, match=f"a.jsonl, line 1: no text in field 'summary2'; {found}"):
        read(tmp_path, "dialogue", pairs="a.jsonl", target_fields=["summary1", "summary2"])
    with pytest.raises(UserError, match=f"a.jsonl, line 1: no text in field 'article'; {found}"):
        read(tmp_path, "article", "highlights", pairs="a.jsonl")


def test_unequal_line_counts_name_both_files(tmp_path):
    write(tmp_path / "a.de", "eins\nzwei\n")
    write(tmp_path / "a.en", "one\n")
    with pytest.raises(UserError, match=f"{tmp_path}/a.de has 2 lines but {tmp_path}/a.en has 1"):
        read(tmp_path, source="a.de", target="a.en")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "a\tx\nno tab\n", "line 2: 1 column"),
        ("a.tsv", "a\tx\tmore\n", "line 1: 3 column"),
        ("a.jsonl", '{"source": "a", "target": "x"}\n{"source": "a"}\n', "line 2: no text in field 'target'"),
        ("a.jsonl", '{"source": 3, "target": "x"}\n', "line 1: no text in field 'source'"),
        ("a.jsonl", '["a", "x"]\n', "line 1: no text in field 'source'"),
        ("a.jsonl", '{"source": "a", "target": "x"}\n{"source"\n', "line 2: not JSON"),
    ],
)
def test_a_faulty_line_is_named(name, text, message, tmp_path):
    write(tmp_path / name, text)
    with pytest.raises(UserError, match=f"{tmp_path}/{name}, {message}"):
        read(tmp_path, pairs=name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "über\tx\n".encode("latin-1"), "not UTF-8"),
        ("a.tsv.gz", b"plain\ttext\n", "not a gzip file"),
        ("a.tsv.gz", None, "no such file"),
    ],
)
def test_a_faulty_file_is_named(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"{tmp_path}/{name}: .*{message}"):
        read(tmp_path, pairs=name)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "either source and target, or pairs"),
        ({"source": "a"}, "either source and target, or pairs"),
        ({"source": "a", "target": "b", "pairs": "c.tsv"}, "either source and target, or pairs"),
        ({"pairs": "c.csv"}, "must end in one of .tsv"),
        ({"pairs": "c.tsv", "target_fields": ["a"]}, r"keys of a file of pairs in .jsonl or .jsonl.gz"),
        ({"source": "a", "target": "b", "target_fields": ["a"]}, "keys of a file of pairs"),
        ({"pairs": "c.jsonl", "target_fields": []}, "at least 1 item"),
    ],
)
def test_a_split_has_one_form(files, message):
    with pytest.raises(ValidationError, match=message):
        PairFiles(**files)
