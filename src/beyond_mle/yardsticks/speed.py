"""Decoding speed of several systems, measured in turn in one process so that they can be compared."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TypeVar

import torch

System = TypeVar("System", bound=Hashable)
"""The name of a system."""
Sources = Sequence[Sequence[int]]
Decode = Callable[[Sources, int], object]
"""Decodes all sources in batches of the given size."""


@dataclass(frozen=True)
class Speed:
    """What one system reaches."""

    sentences_per_second: float
    """At the batch size that was asked for."""
    latency_ms: float
    """Milliseconds per sentence at batch size 1."""


def measure_speed(
    systems: Mapping[System, Decode],
    sources: Sources,
    batch_size: int,
    device: torch.device | str,
    repetitions: int = 5,
) -> dict[System, Speed]:
    """Time every system on the same sources.

    After a warm-up, the systems take turns, so that a change in the machine's load strikes all of them; the
    median over the repetitions counts. On a CPU this is the process's CPU time over all threads, which other
    jobs hardly disturb; on a GPU it is wall time up to the end of the last kernel.

    Args:
        systems: by name, each a function that decodes `sources` in batches of a given size.
        sources: token ids with the final EOS.
        batch_size: for the throughput.
        device: where the systems compute.
        repetitions: timed turns of each system.

    Raises:
        ValueError: without sources or repetitions.
    """
    if not sources or repetitions < 1:
        raise ValueError("speed needs at least one source and one repetition")
    seconds: dict[tuple[System, int], list[float]] = {(name, size): [] for name in systems for size in (batch_size, 1)}
    for repetition in range(1 + repetitions):
        for (name, size), times in seconds.items():
            elapsed = _seconds(partial(systems[name], sources, size), torch.device(device))
            if repetition > 0:  # the first turn is the warm-up
                times.append(elapsed)
    return {
        name: Speed(
            sentences_per_second=len(sources) / median(seconds[name, batch_size]),
            latency_ms=1000 * median(seconds[name, 1]) / len(sources),
        )
        for name in systems
    }


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long `work` takes: CPU time on a CPU, synchronised wall time elsewhere."""
    if device.type == "cpu":
        start = time.process_time()
        work()
        return time.process_time() - start
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    work()
    torch.cuda.synchronize(device)
    return time.perf_counter() - start
