"""Weights (safetensors) and resumable state of a training, both written atomically."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from beyond_mle.errors import UserError
from beyond_mle.files import atomic

Weights = dict[str, Tensor]
PLAYERS = "objective."
"""What stands before the names of the weights of the objective's players, behind the model's."""


def copy_weights(model: nn.Module, objective: object = None) -> Weights:
    """A copy of the parameters and buffers of the model, and of the players that the objective brings, on the CPU."""
    own = _own(model, objective)
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in own.items()}


def average_weights(snapshots: list[Weights]) -> Weights:
    """The mean of several copies, parameter by parameter."""
    if len(snapshots) == 1:
        return snapshots[0]
    return {name: torch.stack([weights[name] for weights in snapshots]).mean(0) for name in snapshots[0]}


def save_weights(path: Path, weights: Weights) -> None:
    """Write weights as safetensors."""
    with atomic(path) as temporary:
        save_file(weights, temporary)


def stacked(members: list[Weights]) -> Weights:
    """Several weights of one model as one, with a first axis over members; those of a single one as they are."""
    if len(members) == 1:
        return members[0]
    return {name: torch.stack([weights[name] for weights in members]) for name in members[0]}


def load_weights(model: nn.Module, path: Path, member: int | None = None, objective: object = None) -> None:
    """Load weights into a model, and into the players of its objective.

    Args:
        model: what to load them into.
        path: from `save_weights`.
        member: which of the `stacked` ones; none: the file has those of one model.
        objective: what the model was fitted by; none: only the model is wanted.

    Raises:
        UserError: if the file is missing or damaged, or belongs to a model of another kind or size.
    """
    try:
        weights = load_file(path)
        if member is not None:
            weights = {name: tensor[member].clone() for name, tensor in weights.items()}
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint") from None
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not a safetensors checkpoint ({error})") from None
    if objective is None:
        weights = {name: tensor for name, tensor in weights.items() if not name.startswith(PLAYERS)}
    own = _own(model, objective)
    for name in sorted(own.keys() ^ weights.keys()):
        raise UserError(
            f"{path}: the checkpoint is of another model ('{name}' is only in "
            f"{'the model' if name in own else 'the file'}); train the run that it starts from again"
        )
    for name, tensor in own.items():
        if tensor.shape != weights[name].shape:
            raise UserError(
                f"{path}: the checkpoint is of another size ('{name}' is {list(weights[name].shape)} in the file, "
                f"{list(tensor.shape)} in the model); set the model's options to those it was trained with"
            )
    model.load_state_dict(weights, strict=False)
    if isinstance(objective, nn.Module):
        players = {name.removeprefix(PLAYERS): tensor for name, tensor in weights.items() if name.startswith(PLAYERS)}
        objective.load_state_dict(players, strict=False)


def _own(model: nn.Module, objective: object) -> Weights:
    """The state dict, with that of the objective's players, without the second names of shared modules."""
    everything: Weights = model.state_dict()
    if isinstance(objective, nn.Module):
        everything = {**everything, **objective.state_dict(prefix=PLAYERS)}
    kept: Weights = {}
    seen: set[tuple[int, torch.Size]] = set()
    for name, tensor in everything.items():
        identity = (tensor.data_ptr(), tensor.shape)
        if identity not in seen:
            seen.add(identity)
            kept[name] = tensor
    return kept


def save_state(path: Path, key: str, state: dict[str, Any]) -> None:
    """Write the state of an unfinished training; `key` names the configuration and code that it belongs to."""
    with atomic(path) as temporary:
        torch.save({"key": key, **state}, temporary)


def load_state(path: Path, key: str) -> dict[str, Any] | None:
    """The state of an unfinished training with this key; none if there is none, or it is another training's."""
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True)
    except Exception as error:  # a damaged file can make the unpickler fail in any way
        print(f"{path} cannot be read ({error!r}); training starts again", flush=True)
        return None
    return state if state.get("key") == key else None
