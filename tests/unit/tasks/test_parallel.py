import json
import os
from pathlib import Path

import pytest

from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.tasks.parallel import Parallel, ParallelOptions
from beyond_mle.tasks.prepared import Prepared
from beyond_mle.text.scoring import Scoring

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
        return task.texts({name: tmp_path / name for name in task.source_files()})

    return run


def pairs(prepared: Prepared, split: str) -> list[tuple[str, str]]:
    assert all(len(row["targets"]) == 1 for row in prepared.splits[split])
    return [(row["source"], row["targets"][0]) for row in prepared.splits[split]]


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
        task.texts({name: tmp_path / name for name in texts})


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


REFERENCES = {"pairs": "test.jsonl", "target_fields": ["summary1", "summary2", "summary3"]}


@pytest.fixture
def dialogues(tmp_path):
    """A task of summaries with three references in test; files may be given other rows."""

    def make(cleaning=None, **rows: list[dict]) -> Prepared:
        train = [{"dialogue": f"a: no {i}\nb: yes {i}", "summary": f"s {i}"} for i in range(3)]
        test = [{"dialogue": "a: one two\r\nb: three", **{f"summary{n}": f"r\n{n}" for n in (1, 2, 3)}}]
        for split, lines in ({"train": train, "dev": train[:1], "test": test} | rows).items():
            (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        splits = {"train": {"pairs": "train.jsonl"}, "dev": {"pairs": "dev.jsonl"}, "test": REFERENCES}
        options = {"splits": splits, "source_field": "dialogue", "target_field": "summary", "cleaning": cleaning or {}}
        task = Parallel(parse(ParallelOptions, options, "tasks.mine"))
        return task.texts({name: tmp_path / name for name in task.source_files()})

    return make


def test_a_test_source_may_have_several_references(dialogues):
    prepared = dialogues()
    assert prepared.splits["test"] == [{"source": "a: one two b: three", "targets": ["r 1", "r 2", "r 3"]}]
    assert pairs(prepared, "train") == [("a: no 1 b: yes 1", "s 1"), ("a: no 2 b: yes 2", "s 2")]
    assert pairs(prepared, "dev") == [("a: no 0 b: yes 0", "s 0")]


def test_sources_of_all_splits_are_cut(dialogues):
    prepared = dialogues(cleaning={"max_source_words": 3})
    assert prepared.splits["test"][0]["source"] == "a: one two"
    assert pairs(prepared, "train") == [("a: no 1", "s 1"), ("a: no 2", "s 2")]
    # What is equal once it is cut is the same source: none of it may be in two splits.
    assert prepared.cleaning["train"]["dropped"] == {"source of an evaluation split": 1}
    with pytest.raises(UserError, match=r"left of 3 lines \(dropped: 3 source of an evaluation split\)"):
        dialogues(cleaning={"max_source_words": 2})


def test_an_empty_reference_is_named(dialogues):
    row = {"dialogue": "a", "summary1": "x", "summary2": " ", "summary3": "x"}
    with pytest.raises(UserError, match=r"test.jsonl, line 1: empty text in an evaluation split"):
        dialogues(test=[row])


def test_a_file_of_other_fields_is_named(dialogues):
    with pytest.raises(UserError, match=r"train.jsonl, line 1: no text in field 'dialogue'; the line has article, id"):
        dialogues(train=[{"article": "t", "id": 1}])


def test_summaries_are_scored_with_rouge_on_request():
    assert Parallel(ParallelOptions(splits=SPLITS)).scoring == Scoring()
    scoring = Parallel(ParallelOptions(splits=SPLITS, language="en", rouge="stems")).scoring
    assert scoring == Scoring(tokenise="13a", moses_language="en", rouge="stems")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"splits": {"train": REFERENCES}}, "target_fields are for dev and test"),
        ({"splits": {**SPLITS, "dev": REFERENCES}, "reverse": True}, "reverse needs one target .* splits.dev"),
        ({"splits": SPLITS, "rouge": "words"}, r"tasks.mine.rouge' = 'words'"),
    ],
)
def test_references_where_there_must_be_one_target(values, message):
    with pytest.raises(UserError, match=message):
        parse(ParallelOptions, values, "tasks.mine")


def prepare_from_mirror(**options) -> Prepared:
    task, mirror = Parallel(ParallelOptions(**options)), Path(os.environ["BEYOND_MLE_MIRROR"])
    return task.texts({name: mirror / name for name in task.source_files()})


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
def test_dialogsum():
    splits = {split: {"pairs": f"dialogsum/dialogsum.{split}.jsonl.gz"} for split in ("train", "dev", "test")}
    splits["test"] = {"target_fields": ["summary1", "summary2", "summary3"], **splits["test"]}
    cleaning = {"max_source_words": 300, "max_words": 0, "max_ratio": 0}
    prepared = prepare_from_mirror(
        splits=splits, source_field="dialogue", target_field="summary", cleaning=cleaning, rouge="stems"
    )
    assert {split: count["read"] for split, count in prepared.cleaning.items()} == {
        "train": 12460,
        "dev": 500,
        "test": 500,
    }
    # The files share dialogues that differ in white space only.
    assert prepared.cleaning["train"]["dropped"] == {"duplicate": 7, "source of an evaluation split": 33}
    assert {len(row["targets"]) for row in prepared.splits["test"]} == {3}
    assert max(len(row["source"].split()) for row in prepared.splits["train"]) == 300
    assert prepared.splits["test"][0]["source"].startswith(
        "#Person1#: Ms. Dawson, I need you to take a dictation for me. #P"
    )


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
@pytest.mark.parametrize(("name", "kept"), [("xsum", 170), ("cnn_dailymail", 165)])
def test_news(name, kept):
    prepared = prepare_from_mirror(
        splits={"train": {"pairs": f"news_sum_samples/{name}_t0_200.jsonl.gz"}},
        source_field="document",
        target_field="summary",
        dev_size=10,
        test_size=20,
        cleaning={"max_source_words": 100, "max_words": 0, "max_ratio": 0},
    )
    assert prepared.cleaning["train"]["read"] == 200
    assert len(prepared.splits["train"]) == kept
    texts = [text for rows in prepared.splits.values() for row in rows for text in (row["source"], *row["targets"])]
    assert not any("\n" in text for text in texts)
    assert max(len(row["source"].split()) for row in prepared.splits["test"]) == 100


@pytest.mark.skipif("BEYOND_MLE_MIRROR" not in os.environ, reason="BEYOND_MLE_MIRROR is not set")
def test_multi30k():
    files = {"train": "train", "dev": "val", "test": "test_2016_flickr"}
    splits = {
        split: {"source": f"multi30k/{name}.en.gz", "target": f"multi30k/{name}.de.gz"} for split, name in files.items()
    }
    prepared = prepare_from_mirror(splits=splits)
    assert {split: count["read"] for split, count in prepared.cleaning.items()} == {
        "train": 29000,
        "dev": 1014,
        "test": 1000,
    }
    assert prepared.cleaning["train"]["dropped"] == {"duplicate": 3, "source of an evaluation split": 1}
    assert not any(side != side.strip() for side in (row["source"] for row in prepared.splits["train"]))
