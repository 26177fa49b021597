"""The support of p(y|x) for the training batches of objectives that need it: tasks whose p is known."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch

from beyond_mle.decoding.padding import pad
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.task_data import TaskData
from beyond_mle.types import Support


def supports(task: Any, data: TaskData, pairs: EncodedPairs) -> Callable[[np.ndarray], Support]:
    """A function from row numbers of the training pairs to the support of their sources.

    Args:
        task: has `distributions(split)`, which gives p(·|x) as a mapping from outputs to probabilities.
        data: the task's prepared folder.
        pairs: its encoded training split.
    """
    distribution = task.distributions("train")

    @cache  # an epoch later the same sources come again
    def of_row(row: int) -> tuple[list[list[int]], list[float]]:
        (source,) = data.decode([pairs.source(row)[:-1]])  # without EOS
        p = distribution(source)
        return data.encode(list(p)), list(p.values())

    def batch(rows_B: np.ndarray) -> Support:
        found = [of_row(int(row)) for row in rows_B]
        outputs = [output for outputs, _ in found for output in outputs]
        row_R = [i for i, (outputs, _) in enumerate(found) for _ in outputs]
        p_R = torch.tensor([p for _, row_p in found for p in row_p])
        return Support(pad(outputs), torch.tensor(row_R), p_R.log())

    return batch
