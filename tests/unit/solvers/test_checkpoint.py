"""Weights on disk: round trip, averages, and what a wrong file says."""

from pathlib import Path

import pytest
import torch
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.models.transformer import Transformer
from beyond_mle.models.vanilla_nat import VanillaNAT
from beyond_mle.solvers import checkpoint
from beyond_mle.types import TextSpec

SIZES = dict(width=8, heads=2, feedforward=8, encoder_layers=1, decoder_layers=1, max_positions=8)


def model(kind=Transformer, vocabulary_size: int = 9, **sizes):
    return kind(kind.Options(**{**SIZES, **sizes}), TextSpec(vocabulary_size))


def test_round_trip_with_shared_embeddings(tmp_path: Path) -> None:
    saved, loaded = model(), model()
    checkpoint.save_weights(tmp_path / "m.safetensors", checkpoint.copy_weights(saved))
    checkpoint.load_weights(loaded, tmp_path / "m.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(saved.parameters(), loaded.parameters(), strict=True))
    assert loaded.encoder.embedding is loaded.embedding


class Opponent(nn.Module):
    """An objective that brings a player."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.opponent = nn.Linear(2, width)


def test_the_players_of_an_objective_are_kept_behind_the_model(tmp_path: Path) -> None:
    path, saved, opponent = tmp_path / "m.safetensors", model(), Opponent()
    weights = checkpoint.copy_weights(saved, opponent)
    assert list(weights)[:-2] == list(checkpoint.copy_weights(saved))
    assert list(weights)[-2:] == ["objective.opponent.weight", "objective.opponent.bias"]
    checkpoint.save_weights(path, weights)
    loaded, other = model(), Opponent()
    checkpoint.load_weights(loaded, path, objective=other)
    assert torch.equal(loaded.embedding.token.weight, saved.embedding.token.weight)
    assert torch.equal(other.opponent.weight, opponent.opponent.weight)
    checkpoint.load_weights(alone := model(), path)  # a run that starts from there wants the model only
    assert torch.equal(alone.embedding.token.weight, saved.embedding.token.weight)


def test_an_objective_without_players_leaves_the_file_as_it_is() -> None:
    own = model()
    assert list(checkpoint.copy_weights(own, object())) == list(checkpoint.copy_weights(own))


@pytest.mark.parametrize(
    ("saved", "wanted", "message"),
    [
        (Opponent(), object(), r"'objective.opponent.bias' is only in the file"),
        (object(), Opponent(), r"'objective.opponent.bias' is only in the model"),
        (Opponent(), Opponent(width=4), r"'objective.opponent.weight' is \[3, 2\] in the file, \[4, 2\] in the model"),
    ],
)
def test_other_players_are_refused(tmp_path: Path, saved: object, wanted: object, message: str) -> None:
    own = model()
    checkpoint.save_weights(tmp_path / "m.safetensors", checkpoint.copy_weights(own, saved))
    with pytest.raises(UserError, match=message):
        checkpoint.load_weights(own, tmp_path / "m.safetensors", objective=wanted)


def test_average() -> None:
    snapshots = [{"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, 6.0])}]
    assert checkpoint.average_weights(snapshots)["w"].tolist() == [2.0, 4.0]


def test_members_lie_along_a_first_axis_and_are_loaded_by_their_number(tmp_path: Path) -> None:
    torch.manual_seed(0)
    members = [model(), model(), model()]
    copies = [checkpoint.copy_weights(member) for member in members]
    assert checkpoint.stacked(copies[:1]) is copies[0]
    checkpoint.save_weights(tmp_path / "m.safetensors", checkpoint.stacked(copies))
    for number, member in enumerate(members):
        loaded = model()
        checkpoint.load_weights(loaded, tmp_path / "m.safetensors", number)
        assert all(torch.equal(a, b) for a, b in zip(member.parameters(), loaded.parameters(), strict=True))


def test_a_state_is_given_back_to_its_own_key_only(tmp_path: Path) -> None:
    state = {"step": 3, "random": torch.get_rng_state()}
    assert checkpoint.load_state(tmp_path / "state.pt", "k") is None
    checkpoint.save_state(tmp_path / "state.pt", "k", state)
    found = checkpoint.load_state(tmp_path / "state.pt", "k")
    assert found is not None
    assert found["step"] == 3
    assert torch.equal(found["random"], state["random"])
    assert checkpoint.load_state(tmp_path / "state.pt", "other") is None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            dict(vocabulary_size=10),
            r"another size \('embedding.token.weight' is \[9, 8\] in the file, \[10, 8\]",
        ),
        (dict(width=4), "another size"),
        (dict(decoder_layers=2), "another model"),
        (dict(kind=VanillaNAT), "another model"),
    ],
)
def test_weights_of_another_model_are_refused(tmp_path: Path, other: dict, message: str) -> None:
    checkpoint.save_weights(tmp_path / "m.safetensors", checkpoint.copy_weights(model()))
    with pytest.raises(UserError, match=message):
        checkpoint.load_weights(model(**other), tmp_path / "m.safetensors")


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such checkpoint"):
        checkpoint.load_weights(model(), tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="not a safetensors checkpoint"):
        checkpoint.load_weights(model(), tmp_path / "bad.safetensors")


def test_nothing_half_written_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(weights, path):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(UserError, match=r"cannot write .*m\.safetensors: No space left on device"):
        checkpoint.save_weights(tmp_path / "m.safetensors", {})
    assert list(tmp_path.iterdir()) == []
