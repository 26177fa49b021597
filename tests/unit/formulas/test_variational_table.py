"""The rows about the variational identity and EM."""

import numpy as np
import pandas as pd
import pytest
import torch

from beyond_mle.formulas import variational, variational_table


@pytest.fixture
def p_XY() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).dirichlet(np.ones(12)).reshape(3, 4))


def values(p_XY: torch.Tensor) -> pd.Series:
    rows = pd.DataFrame(variational_table.rows(p_XY, seed=1, draws=20))
    return rows.set_index(["model", "metric"])["value"]


def test_the_identity_holds_and_only_the_posterior_leaves_no_gap(p_XY):
    found = values(p_XY)
    assert found["posterior", "bound-error"] == found["random", "bound-error"] == 0
    assert found["posterior", "least-gap"] == 0
    assert found["random", "least-gap"] > 0.01


def test_em_never_falls(p_XY):
    assert values(p_XY)["latent-class", "least-rise"] >= 0


def test_a_step_that_is_not_em_is_seen(p_XY, monkeypatch):
    monkeypatch.setattr(variational, "posterior", lambda log_g_K: (4 * log_g_K).softmax(-1))
    assert values(p_XY)["latent-class", "least-rise"] < -1e-6
