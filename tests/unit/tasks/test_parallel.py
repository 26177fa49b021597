import os
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.registry import TASKS
from beyond_mle.tasks.parallel import Parallel, ParallelOptions
from beyond_mle.tasks.prepared import Prepared

SPLITS = {split: {"pairs": f"{split}.tsv"} for split in ("train", "dev", "test")}
TEXTS = {"train": "a  b\tx\na b\tx\n\tx\nc\tz\nheld\th\n", "dev": " d\u0301 \td\nheld\tH\n", "test": "t\tT\n"}


@pytest.fixture
def prepare(tmp_path):
    """Write the files of TEXTS (or others) and prepare the task."""

    def run(texts=TEXTS, **options) -> Prepared:
        for split, text in texts.items():
            (tmp_path / f"{split}.tsv").write_text(text)
        splits = {split: SPLITS[split] for split in texts}
        task = Parallel(parse(ParallelOptions, {"splits": splits, **options}, "tasks.mine"))
        return task.prepare({name: tmp_path / name for name in task.source_files()})

    return run


def pairs(prepared: Prepared, split: str) -> list[tuple[str, str]]:
    assert all(len(row["targets"]) == 1 for row in prepared.splits[split])
    return [(row["source"], row["targets"][0]) for row in prepared.splits[split]]


def test_is_registered():
    assert TASKS["parallel"] is Parallel


def test_train_is_cleaned_and_the_other_splits_only_normalised(prepare):
    prepared = prepare()
    assert list(prepared.splits) == ["train", "dev", "test"]
    assert pairs(prepared, "train") == [("a b", "x"), ("c", "z")]
    assert pairs(prepared, "dev") == [("d\u0301", "d"), ("held", "H")]
    assert pairs(prepared, "test") == [("t", "T")]
    dropped = {"duplicate": 1, "empty source": 1, "source of an evaluation split": 1}
    assert prepared.cleaning == {
        "train": {"read": 5, "kept": 2, "dropped": dropped},
        "dev": {"read": 2, "kept": 2, "dropped": {}},
        "test": {"read": 1, "kept": 1, "dropped": {}},
    }
    assert prepared.truth is None


def test_reverse_exchanges_source_and_target(prepare):
    prepared = prepare(reverse=True)
    assert pairs(prepared, "test") == [("T", "t")]
    assert pairs(prepared, "train") == [("x", "a b"), ("z", "c"), ("h", "held")]
    assert prepared.cleaning["train"]["dropped"] == {"duplicate": 1, "empty target": 1}


def test_max_train_keeps_the_first_and_counts_the_rest(prepare):
    prepared = prepare(max_train=1)
    assert pairs(prepared, "train") == [("a b", "x")]
    assert prepared.cleaning["train"]["dropped"]["beyond max_train"] == 1
    assert "beyond max_train" not in prepare(max_train=2).cleaning["train"]["dropped"]


def test_absent_splits_are_held_out_with_the_seed(prepare):
    texts = {"train": "".join(f"source {i % 90}\ttarget {i}\n" for i in range(100))}
    prepared = prepare(texts, dev_size=10, test_size=20, seed=1)
    dev, test, train = (pairs(prepared, split) for split in ("dev", "test", "train"))
    assert (len(dev), len(test)) == (10, 20)
    sources = [{source for source, _ in split} for split in (dev, test, train)]
    assert [len(split) for split in sources] == [10, 20, 60]
    assert len(set.union(*sources)) == 90
    count = prepared.cleaning["train"]
    assert count["kept"] + sum(count["dropped"].values()) == count["read"] == 100
    assert prepare(texts, dev_size=10, test_size=20, seed=1) == prepared
    assert pairs(prepare(texts, dev_size=10, test_size=20, seed=2), "dev") != dev


def test_one_absent_split_is_held_out_beside_a_given_one(prepare):
    texts = {"train": "".join(f"{i}\tx\n" for i in range(9)), "test": "3\ty\n4\ty\n"}
    prepared = prepare(texts, dev_size=2)
    assert len(pairs(prepared, "dev")) == 2
    assert pairs(prepared, "test") == [("3", "y"), ("4", "y")]
    assert len(pairs(prepared, "train")) == 5
    assert not {"3", "4"} & {source for source, _ in pairs(prepared, "dev") + pairs(prepared, "train")}


def test_too_little_to_hold_out(prepare):
    with pytest.raises(UserError, match=r"train.tsv: 2 usable pairs are too few to hold out dev_size = 1000 and"):
        prepare({"train": "a\tx\nb\ty\n"})


@pytest.mark.parametrize("split", ["dev", "test"])
@pytest.mark.parametrize("line", ["\tx", "a\t \x00"])
def test_an_empty_evaluation_line_is_named(split, line, prepare):
    with pytest.raises(UserError, match=rf"{split}.tsv, line 2: empty text"):
        prepare({**TEXTS, split: f"a\tx\n{line}\n"})


def test_the_side_that_is_empty_is_named_also_in_reverse(tmp_path):
    texts = {"a.de": "eins\nzwei\n", "a.en": "one\n\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    two = {"source": "a.de", "target": "a.en"}
    task = Parallel(ParallelOptions(splits={"train": two, "dev": two}, reverse=True))
    with pytest.raises(UserError, match=r"a.en, line 2: empty"):
        task.prepare({name: tmp_path / name for name in texts})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"left of 0 lines \(dropped: none\)"),
        ("\tx\n\ty\n", r"left of 2 lines \(dropped: 2 empty source\)"),
    ],
)
def test_nothing_to_train_on(text, message, prepare):
    with pytest.raises(UserError, match=rf"train.tsv: no training pair is {message}"):
        prepare({**TEXTS, "train": text})


def test_an_empty_evaluation_file(prepare):
    with pytest.raises(UserError, match=r"dev.tsv: no lines"):
        prepare({**TEXTS, "dev": ""})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"splits": {"train": {"source": "a"}}},
            r"tasks.mine.splits.train.*either source and target, or pairs",
        ),
        ({"splits": {"valid": {}, **SPLITS}}, r"unknown config key 'tasks.mine.splits.valid'"),
        ({"splits": SPLITS, "revers": True}, r"'tasks.mine.revers': did you mean 'reverse'"),
    ],
)
def test_wrong_options_are_named(values, message):
    with pytest.raises(UserError, match=message):
        parse(ParallelOptions, values, "tasks.mine")


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
def test_multi30k():
    files = {"train": "train", "dev": "val", "test": "test_2016_flickr"}
    splits = {
        split: {"source": f"multi30k/{name}.en.gz", "target": f"multi30k/{name}.de.gz"} for split, name in files.items()
    }
    task = Parallel(ParallelOptions(splits=splits))
    mirror = Path(os.environ["BEYOND_MLE_MIRROR"])
    prepared = task.prepare({name: mirror / name for name in task.source_files()})
    assert {split: count["read"] for split, count in prepared.cleaning.items()} == {
        "train": 29000,
        "dev": 1014,
        "test": 1000,
    }
    assert prepared.cleaning["train"]["dropped"] == {"duplicate": 3, "source of an evaluation split": 1}
    assert not any(side != side.strip() for side in (row["source"] for row in prepared.splits["train"]))
