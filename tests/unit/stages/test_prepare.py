"""The stages from a source file to encoded pairs, run one after the other as the workflow does."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import yaml

from beyond_mle.errors import UserError
from beyond_mle.stages import download, encode, prepare, vocabulary
from beyond_mle.symbols import EOS
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.vocabulary import decode, load

TRAIN = "".join(f"das ist Satz {i}\tthis is sentence {i}\n" for i in range(40)) + "leer\t\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A working folder with a study of one task: dev is a local file, train is in the catalogue."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEYOND_MLE_MIRROR", raising=False)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "train.tsv").write_text(TRAIN)
    (tmp_path / "dev.tsv").write_text("das ist neu\tthis is new\n")
    sha256 = hashlib.sha256(TRAIN.encode()).hexdigest()
    source = {"url": "http://host.invalid/train.tsv", "sha256": sha256, "licence": "free"}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"train.tsv": source}))
    task = {
        "kind": "parallel",
        "splits": {"train": {"pairs": "train.tsv"}, "dev": {"pairs": "dev.tsv"}},
        "test_size": 5,
        "vocabulary": {"kind": "bpe", "size": 300},
    }
    study = {
        "preset": "test",
        "tasks": {"mine": task},
        "models": {},
        "decoders": {},
        "training": {},
        "experiments": [],
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    return tmp_path


def run(monkeypatch, stage, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [stage.__name__, *arguments])
    stage.main()


DOWNLOAD = ("--catalogue", "sources.yaml", "--name", "train.tsv", "--output", "sources/train.tsv")
PREPARE = ("--config", "study.yaml", "--task", "mine", "--sources", "sources", "--output", "data")
VOCABULARY = (
    "--config",
    "study.yaml",
    "--task",
    "mine",
    "--train",
    "data/train.jsonl",
    "--output",
    "data/v.json",
)
ENCODE = ("--data", "data", "--vocabulary", "data/v.json", "--output", "data")


def test_from_source_file_to_encoded_pairs(study, monkeypatch, capsys):
    run(monkeypatch, download, *DOWNLOAD, "--mirror", "mirror")
    assert "licence: free" in capsys.readouterr().out
    run(monkeypatch, prepare, *PREPARE)
    assert capsys.readouterr().out.splitlines() == [
        "train: 41 pairs read, 35 kept; dropped: 1 empty target, 5 source of an evaluation split",
        "dev: 1 pairs read, 1 kept; dropped: none",
        "test: 5 pairs read, 5 kept; dropped: none",
    ]
    run(monkeypatch, vocabulary, *VOCABULARY)
    run(monkeypatch, encode, *ENCODE)
    data = study / "data"
    assert json.loads((data / "cleaning.json").read_text())["train"]["kept"] == 35
    assert (data / "truth.jsonl").read_text() == ""
    tokenizer = load(data / "v.json")
    for split in ("train", "dev", "test"):
        rows = [json.loads(line) for line in (data / f"{split}.jsonl").read_text().splitlines()]
        pairs = EncodedPairs.load(data / f"{split}.npz")
        assert [decode(tokenizer, ids) for ids in pairs.sources()] == [row["source"] for row in rows]
        assert all(ids[-1] == EOS for ids in pairs.sources())
        targets = np.split(pairs.target_ids, pairs.target_offsets[1:-1])
        assert [decode(tokenizer, ids.tolist()) for ids in targets] == [row["targets"][0] for row in rows]


def test_the_same_input_gives_the_same_bytes(study, monkeypatch):
    contents = []
    for _ in range(2):
        run(monkeypatch, download, *DOWNLOAD, "--mirror", "mirror")
        run(monkeypatch, prepare, *PREPARE)
        run(monkeypatch, vocabulary, *VOCABULARY)
        run(monkeypatch, encode, *ENCODE)
        contents.append({path.name: path.read_bytes() for path in (study / "data").iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 9


def test_the_environment_takes_precedence_over_the_configured_mirror(study, monkeypatch):
    monkeypatch.setenv("BEYOND_MLE_MIRROR", "mirror")
    run(monkeypatch, download, *DOWNLOAD, "--mirror", "elsewhere")
    assert (study / "sources" / "train.tsv").read_text() == TRAIN


def test_a_source_that_is_nowhere_is_named_and_nothing_written(study, monkeypatch):
    with pytest.raises(UserError, match=r"task 'mine': 'train.tsv' is neither in sources nor a local file"):
        run(monkeypatch, prepare, *PREPARE)
    assert not (study / "data").exists()


def test_a_faulty_source_writes_nothing(study, monkeypatch):
    (study / "train.tsv").write_text("no tab\n")
    with pytest.raises(UserError, match=r"train.tsv, line 1"):
        run(monkeypatch, prepare, *PREPARE)
    assert not (study / "data").exists()


def test_an_unknown_task_is_named(study, monkeypatch):
    with pytest.raises(UserError, match="'mien' is not defined: did you mean 'mine'"):
        run(monkeypatch, prepare, "--config", "study.yaml", "--task", "mien", *PREPARE[4:])


def test_an_error_is_one_line_on_stderr_and_a_failed_exit(study):
    command = [sys.executable, "-m", "beyond_mle.stages.download", *DOWNLOAD, "--mirror", "nowhere"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("error: nowhere/train.tsv: no such file in the mirror")
    assert result.stderr.count("\n") == 1
