"""The small network of models and discriminators of points."""

from torch import nn


def perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """[…, inputs] → […, outputs], by two hidden layers of `width` units."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, outputs)
    )
