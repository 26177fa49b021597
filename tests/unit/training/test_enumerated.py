import numpy as np
import pytest
import torch

from beyond_mle.models.tabular import Tabular
from beyond_mle.objectives.divergence import JS, ReverseKL
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


@pytest.mark.parametrize(
    "objective",
    [ReverseKL(ReverseKL.Options()), *(JS(JS.Options(pi=pi)) for pi in (0.001, 0.1, 0.5, 0.9, 0.999))],
    ids=lambda objective: f"{type(objective).__name__} {getattr(objective.options, 'pi', '')}",
)
def test_divergences_are_zero_at_p(objective):
    model = Tabular(Tabular.Options(), LANGUAGE.support).double()
    loss = fit_expected(model, objective, torch.tensor(LANGUAGE.p_N), steps=1000)
    q_N = model.logits_N.detach().softmax(0).numpy()
    assert np.abs(q_N - LANGUAGE.p_N).sum() / 2 < 1e-4
    assert loss == pytest.approx(0, abs=1e-9)
