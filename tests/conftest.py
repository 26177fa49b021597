"""What all tests share."""

import os

import hypothesis
import torch

# Tests run side by side, one process per core.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")

# And share the machine: no example has a deadline.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")
