"""Which tokens of a sentence are hidden in masked diffusion: n of 1 … T uniform, then any n of them, all alike."""

import itertools
import math

import numpy as np


def all_masks(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Every choice of hidden tokens.

    Returns:
        hidden [M, T], M = 2^T − 1, and of each its probability divided by the share n/T of tokens that it hides: the
        bound is Σ_m weight_m Σ_{t hidden} log q(t).
    """
    rows = [row for row in itertools.product([False, True], repeat=length) if any(row)]
    hidden_MT = np.array(rows, dtype=bool).reshape(len(rows), length)
    number_M = hidden_MT.sum(axis=1)
    return hidden_MT, np.array([1 / (n * math.comb(length, n)) for n in number_M])


def drawn_masks(length: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same of `count` random choices, whose n go evenly through 1 … T; without bias."""
    number_M = np.floor((rng.random() + np.arange(count)) / count * length).astype(int) + 1
    rank_MT = rng.random((count, length)).argsort(axis=1).argsort(axis=1)
    return rank_MT < number_M[:, None], length / (count * number_M)
