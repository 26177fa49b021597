"""Which pairs go together in a batch: pairs of like length, so that little padding is computed."""

import numpy as np


def batches(
    lengths_N2: np.ndarray, batch_tokens: int, seed: int, epoch: int, pool_batches: int = 100
) -> list[np.ndarray]:
    """One epoch of training batches, each an array of row numbers; every row once.

    The rows are shuffled and dealt into pools; a pool is sorted by length and cut into batches; then the
    batches are shuffled. The result depends on the arguments alone, so a training resumes from the epoch and
    the position in the list.

    Args:
        lengths_N2: tokens of each source and target.
        batch_tokens: at most this many rows × longest source or target; a longer row is a batch by itself.
        seed: of the run.
        epoch: counted from 0.
        pool_batches: about how many batches a pool makes. More: less padding; fewer: more mixed lengths.
    """
    generator = np.random.default_rng([seed, epoch])
    longest_N = lengths_N2.max(axis=1)
    order_N = generator.permutation(len(longest_N))
    pool_rows = max(1, pool_batches * batch_tokens * len(order_N) // max(1, int(longest_N.sum())))
    cut = []
    for first in range(0, len(order_N), pool_rows):
        pool = order_N[first : first + pool_rows]
        # the source breaks ties: a fifth less padding on Multi30k than by the longer side alone
        pool = pool[np.lexsort((lengths_N2[pool, 0], longest_N[pool]))]
        cut += _cut(pool, longest_N, batch_tokens)
    return [cut[i] for i in generator.permutation(len(cut))]


def in_order(lengths_N2: np.ndarray, batch_tokens: int) -> list[np.ndarray]:
    """Batches for evaluation: row numbers by rising length; every row once.

    Results are put back in place with the row numbers: `results[rows] = …`. Arguments as in `batches`.
    """
    longest_N = lengths_N2.max(axis=1)
    return _cut(np.argsort(longest_N, kind="stable"), longest_N, batch_tokens)


def _cut(order_N: np.ndarray, longest_N: np.ndarray, batch_tokens: int) -> list[np.ndarray]:
    """Consecutive batches of rows that come by rising length: the last row of a batch is its longest."""
    cut, first = [], 0
    for last, row in enumerate(order_N):
        if last > first and (last - first + 1) * longest_N[row] > batch_tokens:
            cut.append(order_N[first:last])
            first = last
    return [*cut, order_N[first:]] if len(order_N) else []
