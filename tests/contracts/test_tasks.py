"""What every task must do: prepare a folder, the same one each time, and open it as its class announces."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from beyond_mle.capabilities import KnownOutputs, KnownSupport, Minibatches, References, Whole, implements
from beyond_mle.registry import TASKS
from beyond_mle.symbols import EOS, PAD
from beyond_mle.text.data import TextData
from beyond_mle.types import (
    CasesSpec,
    FiniteSpec,
    Points,
    RegressionSpec,
    Spec,
    Strings,
    TextBatch,
    TextSpec,
    VectorSpec,
)

EACH = pytest.mark.parametrize("kind", list(TASKS))


def those_with(protocol: type) -> list[str]:
    return [kind for kind in TASKS if implements(TASKS[kind].Data, protocol)]


def digest(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@EACH
def test_the_same_options_give_the_same_bytes(
    kind: str, prepared: Callable[[str], Path], sources: Path, tmp_path: Path
) -> None:
    task = tiny.make_task(kind)
    counts = [task.prepare({name: sources / name for name in task.source_files()}, tmp_path) for _ in range(2)]
    assert counts[0] == counts[1]
    assert digest(tmp_path) == digest(prepared(kind))


# What the seed of `parallel` draws is which pairs are held out, and here every split has a file.
@pytest.mark.parametrize("kind", [kind for kind in TASKS if kind != "parallel"])
def test_another_seed_gives_other_data(kind: str, tmp_path: Path) -> None:
    seen = []
    for seed in (5, 6):
        task, folder = tiny.make_task(kind, seed=seed), tmp_path / str(seed)
        folder.mkdir()
        task.prepare({}, folder)
        data = task.open(folder)
        seen.append(data.batch(np.arange(20)) if implements(task.Data, Minibatches) else data.whole().density)
    first, second = (torch.cat([value.flatten() for value in vars(one).values() if value is not None]) for one in seen)
    assert first.shape != second.shape or not torch.equal(first, second)


@EACH
def test_what_was_read_is_kept_or_dropped_for_a_reason(kind: str, sources: Path, tmp_path: Path) -> None:
    task = tiny.make_task(kind)
    counts = task.prepare({name: sources / name for name in task.source_files()}, tmp_path)
    assert counts
    for count in counts.values():
        assert count["read"] == count["kept"] + sum(count["dropped"].values())
        assert count["kept"] > 0


@EACH
def test_it_opens_as_the_data_that_its_class_announces(kind: str, data_of: Callable[[str], Any]) -> None:
    data, task = data_of(kind), TASKS[kind]
    assert type(data) is task.Data
    assert type(data.spec) is task.spec
    assert issubclass(task.spec, Spec)


@EACH
def test_its_spec_describes_its_data(kind: str, data_of: Callable[[str], Any]) -> None:
    data = data_of(kind)
    if isinstance(data.spec, TextSpec):
        pairs = data.pairs("train")
        assert max(pairs.source_ids.max(), pairs.target_ids.max()) < data.spec.vocabulary_size
    elif isinstance(data.spec, VectorSpec):
        assert data.whole().point_BD.shape[1] == data.spec.dimensions
    elif isinstance(data.spec, CasesSpec):
        number_B, *coordinates = data.whole().point_BD.T
        assert len(coordinates) == data.spec.dimensions
        assert set(number_B.tolist()) == set(range(data.spec.cases))
    elif isinstance(data.spec, RegressionSpec):
        for split in tiny.SPLITS:
            batch = data.split(split)
            assert batch.input_BX.shape == (len(batch), data.spec.inputs)
            assert ((batch.target_B > data.spec.low) & (batch.target_B < data.spec.high)).all()
    else:
        assert isinstance(data.spec, FiniteSpec)
        assert len(data.whole()) == len(set(data.spec.support)) == len(data.spec.support)


@pytest.mark.parametrize("kind", those_with(Whole))
def test_all_of_p_is_all_of_it(kind: str, data_of: Callable[[str], Any]) -> None:
    batch = data_of(kind).whole()
    assert isinstance(batch, Points | Strings)
    assert len(batch) == len(batch.density.log_p_B) == len(batch.density.log_weight_B)
    assert batch.density.weight_B.sum().item() == pytest.approx(1, abs=1e-5)
    assert batch.density.log_p_B.dtype == torch.float64


@pytest.mark.parametrize("kind", those_with(Minibatches))
def test_an_epoch_is_a_function_of_its_number_and_the_seed(kind: str, data_of: Callable[[str], Any]) -> None:
    data = data_of(kind)
    first, again, next_, other = (data.epoch(*arguments, 50) for arguments in ((0, 1), (0, 1), (1, 1), (0, 2)))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    for different in (next_, other):
        assert not np.array_equal(np.concatenate(first), np.concatenate(different))
    rows = np.concatenate(first)
    assert len(set(rows.tolist())) == len(rows)


@pytest.mark.parametrize("kind", those_with(Minibatches))
def test_a_batch_holds_what_it_is_asked_for(kind: str, data_of: Callable[[str], Any]) -> None:
    data = data_of(kind)
    for key in data.epoch(0, 1, 50):
        batch = data.batch(key)
        assert len(batch) == len(key)
        assert batch.density is None
        if isinstance(batch, TextBatch):
            assert max(batch.source_BS.shape[1], batch.target_BT.shape[1]) * len(key) <= 50 or len(key) == 1
        else:
            assert len(key) == 50


TEXT = [kind for kind in TASKS if issubclass(TASKS[kind].spec, TextSpec)]


@pytest.mark.parametrize("kind", TEXT)
def test_text_is_tokens_and_tokens_are_text(kind: str, data_of: Callable[[str], TextData]) -> None:
    data = data_of(kind)
    targets = unpadded(data.pairs("train").batch(np.arange(len(data.pairs("train")))).target_BT)
    assert data.decode(targets) == [texts[0] for texts in data.references("train")]
    assert data.encode(data.decode(targets)) == targets
    for split in tiny.SPLITS:
        assert len(data.pairs(split)) == len(data.references(split)) > 0
        assert all(source[-1] == EOS and EOS not in source[:-1] for source in data.pairs(split).sources())


@pytest.mark.parametrize("kind", TEXT)
def test_no_source_is_in_two_splits(kind: str, data_of: Callable[[str], TextData]) -> None:
    seen = [set(map(tuple, data_of(kind).pairs(split).sources())) for split in tiny.SPLITS]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


@pytest.mark.parametrize("kind", those_with(References))
def test_sources_of_a_split_have_equally_many_references(kind: str, data_of: Callable[[str], Any]) -> None:
    for split in ("dev", "test"):
        assert len({len(texts) for texts in data_of(kind).references(split)}) == 1


@pytest.mark.parametrize("kind", those_with(KnownOutputs))
def test_what_can_be_said_is_listed_with_its_probability(kind: str, data_of: Callable[[str], Any]) -> None:
    data = data_of(kind)
    truth = data.truth()
    assert len(truth) == len(data.pairs("test"))
    for row, references in zip(truth, data.references("test"), strict=True):
        assert np.exp(row["log_p"]).sum() == pytest.approx(1, abs=1e-6)
        assert row["log_p"] == sorted(row["log_p"], reverse=True)
        assert len(set(row["outputs"])) == len(row["outputs"])
        assert set(references) <= set(row["outputs"])


@pytest.mark.parametrize("kind", those_with(KnownSupport))
def test_the_support_of_a_training_batch_is_that_of_its_sources(kind: str, data_of: Callable[[str], Any]) -> None:
    data = data_of(kind)
    key = data.epoch(0, 1, 100)[0]
    batch, support = data.batch(key), data.support(key)
    mass_B = torch.zeros(len(batch)).index_add(0, support.row_R, support.log_p_R.exp())
    torch.testing.assert_close(mass_B, torch.ones(len(batch)))
    rows = zip(support.row_R.tolist(), unpadded(support.output_RT), strict=True)
    listed = {(row, *output) for row, output in rows}
    assert len(listed) == len(support.row_R)
    assert {(row, *target) for row, target in enumerate(unpadded(batch.target_BT))} <= listed


def unpadded(token_RT: torch.Tensor) -> list[list[int]]:
    return [[token for token in row if token != PAD] for row in token_RT.tolist()]
