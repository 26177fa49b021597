"""Learning-rate schedules and Adam."""

import pytest
import torch

from beyond_mle.solvers.minibatch_options import MinibatchOptions
from beyond_mle.solvers.optimiser import learning_rate, make_optimiser

COMMON = dict(steps=1000, batch_size=1, learning_rate=2e-3, warmup=100)


def test_inverse_square_root() -> None:
    options = MinibatchOptions(**COMMON)
    assert learning_rate(50, options) == pytest.approx(1e-3)
    assert learning_rate(100, options) == pytest.approx(2e-3)
    assert learning_rate(400, options) == pytest.approx(1e-3)


def test_linear_decay() -> None:
    options = MinibatchOptions(**COMMON, schedule="linear", final_fraction=0.25)
    assert learning_rate(550, options) == pytest.approx(2e-3 * 0.625)
    assert learning_rate(1000, options) == pytest.approx(0.5e-3)


def test_no_warmup_starts_at_the_peak() -> None:
    options = MinibatchOptions(**{**COMMON, "warmup": 0})
    assert learning_rate(1, options) == pytest.approx(2e-3)
    assert learning_rate(4, options) == pytest.approx(1e-3)


def test_without_weight_decay_it_is_adam() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    options = MinibatchOptions(**COMMON)
    mine, reference = (
        make_optimiser(ours.parameters(), options),
        torch.optim.Adam(theirs.parameters(), lr=2e-3, betas=(0.9, 0.98)),
    )
    mine.param_groups[0]["lr"] = 2e-3
    x = torch.randn(5, 3)
    for model, optimiser in ((ours, mine), (theirs, reference)):
        for _ in range(3):
            optimiser.zero_grad()
            model(x).square().sum().backward()
            optimiser.step()
    torch.testing.assert_close(ours.weight, theirs.weight)
