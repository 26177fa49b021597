"""What all tests share."""

import os

import torch

# Tests run side by side, one process per core.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")
