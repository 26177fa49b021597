import numpy as np
import pytest
import torch

from beyond_mle.models.tabular import Tabular
from beyond_mle.objectives.likelihood import MLE, ConvexExp
from beyond_mle.tasks.strings import Strings, StringsOptions
from beyond_mle.training.enumerated import fit_expected

LANGUAGE = Strings(StringsOptions(symbols=[2, 3, 2], seed=1))


def test_mle_ends_at_p_with_its_entropy_per_token_as_the_loss():
    model = Tabular(Tabular.Options(), LANGUAGE.support).double()
    loss = fit_expected(model, MLE(MLE.Options()), torch.tensor(LANGUAGE.p_N), steps=200)
    np.testing.assert_allclose(model.logits_N.detach().softmax(0).numpy(), LANGUAGE.p_N, atol=1e-8)
    assert loss == pytest.approx(LANGUAGE.entropy / 3, abs=1e-12)


def test_it_starts_from_the_weights_given_and_stops_in_time():
    model = Tabular(Tabular.Options(), LANGUAGE.support).double()
    with torch.no_grad():
        model.logits_N.copy_(torch.tensor(LANGUAGE.log_p_N))
    before = model.logits_N.detach().clone()
    fit_expected(model, ConvexExp(ConvexExp.Options(order=2)), torch.tensor(LANGUAGE.p_N), steps=1)
    moved = (model.logits_N.detach() - before).abs().max()
    assert 0 < moved < 3
