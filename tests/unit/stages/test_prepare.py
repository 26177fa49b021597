"""From source files to a task's folder, by the command lines of `download` and `prepare`."""

import hashlib
import json
import subprocess
import sys

import pytest
import yaml
from small_world import World, run

from beyond_mle.errors import UserError

TRAIN = "".join(f"das ist Satz {i}\tthis is sentence {i}\n" for i in range(40)) + "leer\t\n"
MINE = {
    "kind": "parallel",
    "splits": {"train": {"pairs": "train.tsv"}, "dev": {"pairs": "dev.tsv"}},
    "test_size": 5,
    "vocabulary": {"kind": "bpe", "size": 300},
}
EXPERIMENT = {
    "task": "mine",
    "model": "transformer",
    "stages": {"first": {"objectives": ["mle"], "solver": "steps"}},
}


@pytest.fixture
def world(tmp_path, monkeypatch, fresh) -> World:
    """A study of one task: dev is a local file, train is in the catalogue."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "train.tsv").write_text(TRAIN)
    (tmp_path / "dev.tsv").write_text("das ist neu\tthis is new\n")
    sha256 = hashlib.sha256(TRAIN.encode()).hexdigest()
    source = {"url": "http://host.invalid/train.tsv", "sha256": sha256, "licence": "free"}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"train.tsv": source}))
    return fresh(tasks={"mine": MINE}, experiments={"e": EXPERIMENT}, substitutes={})


DOWNLOAD = {"catalogue": "sources.yaml", "name": "train.tsv", "output": "sources/train.tsv"}


def prepare(world: World) -> str:
    return world.run("prepare", task="mine", sources="sources")


def test_from_a_source_file_to_the_folder(world):
    assert "licence: free" in run("download", **DOWNLOAD, mirror="mirror")
    assert prepare(world).splitlines()[-3:] == [
        "train: 41 read, 35 kept; dropped: 1 empty target, 5 source of an evaluation split",
        "dev: 1 read, 1 kept; dropped: none",
        "test: 5 read, 5 kept; dropped: none",
    ]
    folder = world.layout.data("mine")
    prepared = json.loads(world.layout.prepared("mine").read_text())
    assert prepared["splits"]["train"]["kept"] == 35
    files = {file.name for file in folder.iterdir()} - {"prepared.json"}
    assert files == {
        "vocabulary.json",
        *(f"{split}.{end}" for split in ("train", "dev", "test") for end in ("jsonl", "npz")),
    }
    assert prepared["files"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(files)
    }


def test_the_same_input_gives_the_same_bytes(world):
    contents = []
    for _ in range(2):
        run("download", **DOWNLOAD, mirror="mirror")
        prepare(world)
        contents.append({path.name: path.read_bytes() for path in world.layout.data("mine").iterdir()})
    assert contents[0] == contents[1]


def test_the_environment_takes_precedence_over_the_configured_mirror(world, monkeypatch):
    monkeypatch.setenv("BEYOND_MLE_MIRROR", "mirror")
    run("download", **DOWNLOAD, mirror="elsewhere")
    assert (world.folder / "sources" / "train.tsv").read_text() == TRAIN


def test_a_source_that_is_nowhere_is_named_and_nothing_written(world):
    message = "task 'mine': 'train.tsv' is neither in sources nor a local file; correct its path"
    assert world.refused("prepare", task="mine", sources="sources") == message
    assert not world.layout.results.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("no tab\n", "train.tsv, line 1: 1 column(s)"), ("\tx\n", "train.tsv: 0 usable pairs are too few to hold out")],
)
def test_a_faulty_source_writes_nothing(world, text, message):
    (world.folder / "train.tsv").write_text(text)
    assert world.refused("prepare", task="mine", sources="sources").startswith(message)
    assert not world.layout.results.exists()


def test_an_unknown_task_is_named(world):
    message = "preset 'tiny' has no task 'mien': did you mean 'mine'? Valid: mine"
    assert world.refused("prepare", task="mien", sources="sources") == message


def test_a_task_of_which_nothing_is_written_has_its_counts(finished):
    prepared = json.loads(finished.layout.prepared("plane").read_text())
    assert prepared == {"splits": {"train": {"read": 300, "kept": 300, "dropped": {}}}, "files": {}}


def test_a_missing_study_is_named(world):
    world.study_file.unlink()
    assert world.refused("prepare", task="mine", sources="sources").endswith("study.yaml: no such file")


def test_an_error_is_one_line_on_stderr_and_a_failed_exit(world):
    words = [word for name, value in {**DOWNLOAD, "mirror": "nowhere"}.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "beyond_mle", "download", *words]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("error: nowhere/train.tsv: no such file in the mirror")
    assert result.stderr.count("\n") == 1
    assert not list((world.folder / "sources").iterdir())


def test_a_file_that_the_catalogue_does_not_have_is_named(world):
    with pytest.raises(UserError, match=r"no file 'trian\.tsv': did you mean 'train\.tsv'"):
        run("download", **{**DOWNLOAD, "name": "trian.tsv"})
