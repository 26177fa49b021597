import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pad_sequence

from beyond_mle.errors import UserError
from beyond_mle.symbols import EOS, PAD
from beyond_mle.text.encoded import EncodedPairs

SOURCES, TARGETS = [[5, 6, EOS], [7, EOS], [8, 9, 10, EOS]], [[20], [21, 22, 23], [24, 25]]
rows = st.lists(st.integers(4, 99), max_size=5)


def test_ragged_layout():
    pairs = EncodedPairs.from_pairs(SOURCES, TARGETS)
    assert pairs.source_ids.tolist() == [5, 6, 2, 7, 2, 8, 9, 10, 2]
    assert pairs.source_offsets.tolist() == [0, 3, 5, 9]
    assert pairs.target_ids.tolist() == [20, 21, 22, 23, 24, 25]
    assert pairs.target_offsets.tolist() == [0, 1, 4, 6]
    assert {array.dtype for array in vars(pairs).values()} == {np.dtype("int32")}
    assert len(pairs) == 3
    assert pairs.lengths.tolist() == [[3, 1], [2, 3], [4, 2]]
    assert pairs.sources() == SOURCES
    assert pairs.source(1) == SOURCES[1]


def test_a_batch_is_padded_on_the_right():
    batch = EncodedPairs.from_pairs(SOURCES, TARGETS).batch(np.array([1, 0]))
    assert batch.source_BS.tolist() == [[7, EOS, PAD], [5, 6, EOS]]
    assert batch.target_BT.tolist() == [[21, 22, 23], [20, PAD, PAD]]
    assert batch.source_BS.dtype == batch.target_BT.dtype == torch.int64


@given(st.lists(st.tuples(rows, rows), min_size=1, max_size=8), st.data())
def test_batches_agree_with_pad_sequence(pairs, data):
    sources, targets = [[*source, EOS] for source, _ in pairs], [target for _, target in pairs]
    chosen = data.draw(st.lists(st.integers(0, len(pairs) - 1), min_size=1))
    batch = EncodedPairs.from_pairs(sources, targets).batch(np.array(chosen))
    for ours, side in ((batch.source_BS, sources), (batch.target_BT, targets)):
        expected = pad_sequence([torch.tensor(side[i], dtype=torch.long) for i in chosen], True, PAD)
        assert torch.equal(ours, expected)


def test_the_file_is_the_same_each_time_and_loads_as_the_same_pairs(tmp_path):
    pairs = EncodedPairs.from_pairs(SOURCES, TARGETS)
    pairs.save(tmp_path / "one.npz")
    pairs.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    loaded = EncodedPairs.load(tmp_path / "one.npz")
    for name, array in vars(pairs).items():
        np.testing.assert_array_equal(getattr(loaded, name), array)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "two.npz"]


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_named(content, tmp_path):
    (tmp_path / "dev.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"dev.npz: not a file of encoded pairs"):
        EncodedPairs.load(tmp_path / "dev.npz")


def test_a_missing_file_and_one_of_other_arrays_are_named(tmp_path):
    with pytest.raises(UserError, match=r"dev.npz: no such file"):
        EncodedPairs.load(tmp_path / "dev.npz")
    np.savez(tmp_path / "dev.npz", other=np.zeros(3))
    with pytest.raises(UserError, match=r"dev.npz: not a file of encoded pairs"):
        EncodedPairs.load(tmp_path / "dev.npz")


def test_unequal_sides_are_refused():
    with pytest.raises(ValueError, match="3 sources but 2 targets"):
        EncodedPairs.from_pairs(SOURCES, TARGETS[:2])
