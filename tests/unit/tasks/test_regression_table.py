"""A real table as regression: standardised by its training rows, split by a seed, its faults named by line."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from beyond_mle.errors import UserError
from beyond_mle.tasks.regression_data import RegressionData
from beyond_mle.tasks.regression_table import RegressionTable

SMALL = {"dev_size": 2, "test_size": 3}


@pytest.fixture
def table(tmp_path):
    """Writes a table and opens it."""

    def make(text: str, name: str = "own.csv", **options) -> RegressionData:
        file = tmp_path / name
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        task = RegressionTable(RegressionTable.Options(csv=name, **{**SMALL, **options}))
        assert task.source_files() == [name]
        task.prepare({name: file}, tmp_path)
        return task.open(tmp_path)

    return make


ROWS = "a,b,y\n" + "".join(f"{i},{i * i},{3 - i / 2}\n" for i in range(12))


def test_diabetes_is_that_of_scikit_learn_standardised(tmp_path):
    task = RegressionTable(RegressionTable.Options())
    assert task.source_files() == []
    counts = task.prepare({}, tmp_path)
    assert {split: count["kept"] for split, count in counts.items()} == {"train": 302, "dev": 40, "test": 100}
    data = task.open(tmp_path)
    train = data.split("train")
    np.testing.assert_allclose(train.input_BX.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(train.input_BX.std(0, correction=0), 1, atol=1e-5)
    np.testing.assert_allclose([train.target_B.mean(), train.target_B.std(correction=0)], [0, 1], atol=1e-5)
    everything = np.sort(np.concatenate([data.split(name).target_B for name in ("train", "dev", "test")]))
    np.testing.assert_allclose(standardised(everything), standardised(np.sort(load_diabetes().target)), atol=1e-4)


def standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize("name", ["own.csv", "own.csv.gz"])
def test_the_user_s_own_table(table, name):
    data = table(ROWS, name)
    assert [len(data.split(split)) for split in ("train", "dev", "test")] == [7, 2, 3]
    assert data.spec.inputs == 2
    every_a, every_y = (
        np.concatenate([getattr(data.split(s), field).reshape(len(data.split(s)), -1)[:, 0] for s in data.splits])
        for field in ("input_BX", "target_B")
    )
    np.testing.assert_allclose(every_a, -every_y, atol=1e-5)  # y falls where a rises
    assert data.spec.low < every_y.min() < every_y.max() < data.spec.high


def test_columns_are_chosen_by_name(table):
    data = table(ROWS, target="a", inputs=["y"])
    train = data.split("train")
    assert data.spec.inputs == 1
    np.testing.assert_allclose(train.target_B, -train.input_BX[:, 0], atol=1e-5)


def test_a_constant_input_says_nothing_and_does_no_harm(table):
    data = table("a,b,y\n" + "".join(f"{i},5,{i}\n" for i in range(12)))
    assert (data.split("train").input_BX[:, 1] == 0).all()
    assert data.split("test").input_BX.isfinite().all()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, r"own\.csv, line 1: it must name two columns"),
        ("a,y\n", {}, r"own\.csv: 0 rows are too few to hold out test_size = 3 and dev_size = 2"),
        (ROWS + "1,2\n", {}, r"own\.csv, line 14: 2 cell\(s\), but the first line names 3 columns"),
        (ROWS + "1,2,nan\n", {}, r"own\.csv, line 14: 'nan' in column 'y' is no finite number"),
        (ROWS + "1,,3\n", {}, r"own\.csv, line 14: '' in column 'b' is no finite number"),
        ("a,y\n" + "1,2\n" * 12, {}, r"own\.csv: the target 'y' is the same in all training rows"),
        (ROWS, {"target": "x"}, r"own\.csv: there is no column 'x': .*Valid: a, b, y"),
        (ROWS, {"target": "a", "inputs": ["a"]}, r"own\.csv: the target 'a' is to be predicted from other columns"),
        (ROWS, {"test_size": 30}, r"own\.csv: 12 rows are too few .* lower these"),
    ],
)
def test_a_fault_is_named_in_one_line(table, text, options, message):
    with pytest.raises(UserError, match=message) as raised:
        table(text, **options)
    assert "\n" not in str(raised.value)


def test_which_rows_are_held_out_follows_from_the_seed(table):
    first, again, other = (table(ROWS, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.split("test").target_B, again.split("test").target_B)
    assert not np.array_equal(first.split("test").target_B, other.split("test").target_B)


def test_an_epoch_shows_each_item_once_in_batches_of_one_size(table):
    data = table(ROWS)
    epoch = data.epoch(0, 1, 3)
    assert [len(key) for key in epoch] == [3, 3]
    assert len(set(np.concatenate(epoch).tolist())) == 6
    assert data.epoch(0, 1, 8) == []
