"""What all tests share."""

import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest
import torch

from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, SOLVERS, TASKS, YARDSTICKS

# Tests run side by side, one process per core.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")

# And share the machine: no example has a deadline.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _without_plugins() -> Iterator[None]:
    """Take back what a test registers and imports from outside the package."""
    modules = set(sys.modules)
    yield
    for registry in (TASKS, MODELS, OBJECTIVES, SOLVERS, DECODERS, YARDSTICKS):
        for key, kind in list(registry._entries.items()):
            if not kind.__module__.startswith("beyond_mle."):
                del registry._entries[key]
    for name in set(sys.modules) - modules:
        if name.startswith(("beyond_mle_plugin_", "toy_")):
            del sys.modules[name]
