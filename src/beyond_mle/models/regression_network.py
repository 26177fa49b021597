"""The small networks of models of regression."""

from itertools import pairwise
from typing import Literal

from torch import nn

Activation = Literal["relu", "silu", "tanh"]
ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


def layers(sizes: list[int], activation: Activation) -> nn.Sequential:
    """[…, first size] → […, last size]: linear layers, each followed by the activation."""
    parts = [[nn.Linear(*both), ACTIVATIONS[activation]()] for both in pairwise(sizes)]
    return nn.Sequential(*(module for part in parts for module in part))
