"""A folder of prepared text, opened."""

import numpy as np
import pytest

from beyond_mle.errors import UserError
from beyond_mle.tasks.parallel import Parallel, ParallelOptions
from beyond_mle.text.batches import batches
from beyond_mle.text.data import TextData
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.scoring import Scoring
from beyond_mle.types import TextSpec

PAIRS = [(f"der Satz {number}", f"the sentence number {number}") for number in range(30)]


@pytest.fixture
def data(tmp_path) -> TextData:
    (tmp_path / "all.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS))
    options = {"splits": {"train": {"pairs": "all.tsv"}}, "dev_size": 4, "test_size": 5, "vocabulary": {"size": 300}}
    task = Parallel(ParallelOptions.model_validate(options))
    counts = task.prepare({"all.tsv": tmp_path / "all.tsv"}, tmp_path / "data")
    assert {split: count["kept"] for split, count in counts.items()} == {"train": 21, "dev": 4, "test": 5}
    return task.open(tmp_path / "data")


def test_ids_texts_and_references_are_the_same_pairs(data):
    seen = []
    for split, size in {"train": 21, "dev": 4, "test": 5}.items():
        pairs = data.pairs(split)
        sources = data.decode([source[:-1] for source in pairs.sources()])
        targets = np.split(pairs.target_ids, pairs.target_offsets[1:-1])
        texts = data.decode([target.tolist() for target in targets])
        assert [[text] for text in texts] == data.references(split)
        assert len(pairs) == size
        seen += zip(sources, texts, strict=True)
    assert sorted(seen) == sorted(PAIRS)


def test_the_spec_counts_the_vocabulary_and_encoding_can_be_undone(data):
    assert data.spec == TextSpec(data.tokenizer.get_vocab_size())
    texts = ["the sentence", "der Satz 3", "never seen: ß"]
    encoded = data.encode(texts)
    assert data.decode(encoded) == texts
    assert max(max(ids) for ids in encoded) < data.spec.vocabulary_size


def test_epochs_are_those_of_batches(data):
    expected = batches(data.pairs("train").lengths, 90, seed=3, epoch=2)
    assert [rows.tolist() for rows in data.epoch(2, 3, 90)] == [rows.tolist() for rows in expected]


def test_an_empty_training_split_is_named(tmp_path):
    EncodedPairs.from_pairs([], []).save(tmp_path / "train.npz")
    with pytest.raises(UserError, match=r"train\.jsonl holds no sentence pair; see prepared\.json"):
        TextData(tmp_path, Scoring()).epoch(0, 1, 10)
