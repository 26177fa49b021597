"""brier: its gradient, and that it is proper."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from beyond_mle.formulas import token_optima
from beyond_mle.models.transformer import Transformer
from beyond_mle.objectives.brier import Brier
from beyond_mle.symbols import EOS
from beyond_mle.tasks.strings import FiniteLanguage, StringsOptions
from beyond_mle.types import Spec, TextBatch, TextSpec

P = np.array([0.5, 0.3, 0.15, 0.05])


def brier(**options) -> Brier:
    return Brier(Brier.Options(**options), Spec())


def test_loss_and_gradient_are_those_of_the_squared_distance_to_the_truth() -> None:
    """‖q − e_y‖² − 1, from the whole vocabulary, by autograd."""
    torch.manual_seed(0)
    sizes = dict(width=8, heads=2, feedforward=16, encoder_layers=1, decoder_layers=1, max_positions=8)
    model = Transformer(Transformer.Options(**sizes), TextSpec(9)).double()
    batch = TextBatch(torch.tensor([[4, 5, EOS]]), torch.tensor([[6, 4, 8]]))
    hidden_BTD, predicted_BT, _ = model.predictions(model.encoder(batch.source_BS), batch.target_BT)
    q_BTV = (hidden_BTD @ model.output_weight_VD.T).softmax(2)
    truth_BTV = torch.nn.functional.one_hot(predicted_BT - EOS, q_BTV.shape[2])
    expected = (q_BTV - truth_BTV).square().sum(2).mean() - 1
    loss = brier().losses(model, batch)["model"]
    torch.testing.assert_close(loss.total / loss.count, expected)
    torch.testing.assert_close(loss.metrics["loss"], expected.detach())
    parameters = list(model.parameters())
    for pair in zip(
        torch.autograd.grad(loss.total / loss.count, parameters, materialize_grads=True),
        torch.autograd.grad(expected, parameters, materialize_grads=True),
        strict=True,
    ):
        torch.testing.assert_close(*pair)


def test_the_optimum_of_one_context_is_p(fitted_q: Callable) -> None:
    assert token_optima.brier(P).tolist() == P.tolist()
    np.testing.assert_allclose(fitted_q(brier(), [(0,), (1,), (2,), (3,)], P), P, atol=1e-6)


@pytest.mark.parametrize("average", ["token", "sentence"])
def test_a_network_reaches_the_closed_form_of_a_language(average: str, fitted_q: Callable) -> None:
    language = FiniteLanguage(StringsOptions(symbols=[2, 3, 2], shortest=1, spread=0.7, seed=1))
    weight_N = language.p_N / (language.length_N if average == "sentence" else 1)
    closed_N = token_optima.language(language.support, weight_N, token_optima.brier)
    if average == "token":
        np.testing.assert_allclose(closed_N, language.p_N)
    q_N = fitted_q(brier(average=average), language.support, language.p_N)
    assert np.abs(q_N - closed_N).sum() / 2 < 1e-4
