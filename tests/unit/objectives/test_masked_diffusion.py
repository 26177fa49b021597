"""Masked diffusion: the same network and masks as CMLM's, weighted so that the mean is the bound."""

import pytest
import torch
from torch import Tensor

from beyond_mle.formulas.masks import all_masks
from beyond_mle.models.cmlm import CMLM, hide_randomly
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.masked_diffusion import MaskedDiffusion
from beyond_mle.objectives.mle import MLE
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import TextBatch, TextSpec
from beyond_mle.yardsticks.diffusion_bound import bound

SPEC = TextSpec(11)
BATCH = TextBatch(torch.tensor([[5, 6, 7, EOS], [9, EOS, PAD, PAD]]), torch.tensor([[9, 5, 5, 8], [7, 6, PAD, PAD]]))


@pytest.fixture
def model() -> CMLM:
    torch.manual_seed(0)
    sizes = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
    return CMLM(CMLM.Options(**sizes), SPEC).double().train()


def objective(**options) -> MaskedDiffusion:
    return MaskedDiffusion(MaskedDiffusion.Options(**{"length_factor": 0.0} | options), SPEC)


def estimates(model: CMLM, seed: int) -> Tensor:
    """T/n Σ log q of the hidden tokens of each sentence, by hand."""
    torch.manual_seed(seed)
    given_BT = hide_randomly(BATCH.target_BT, model.mask)
    states = model.decode(model.encode(BATCH.source_BS), given_BT, BATCH.target_BT != PAD)
    log_q_BTV = (states @ model.output_weight_VD.T).log_softmax(2)
    log_q_BT = log_q_BTV.gather(2, (BATCH.target_BT - model.first_output).clamp(min=0)[:, :, None])[:, :, 0]
    hidden_BT = given_BT == model.mask
    return torch.tensor([4, 2]) / hidden_BT.sum(1) * log_q_BT.where(hidden_BT, 0).sum(1)


def gradient(model: CMLM, total: Tensor) -> Tensor:
    gradients = torch.autograd.grad(total, list(model.parameters()), materialize_grads=True)
    return torch.cat([own.flatten() for own in gradients])


@pytest.mark.parametrize("seed", range(3))
def test_loss_and_gradient_by_hand(model: CMLM, seed: int) -> None:
    for average, count, divisor in (("token", 6, torch.ones(2)), ("sentence", 2, torch.tensor([4, 2]))):
        expected = -(estimates(model, seed) / divisor).sum()
        torch.manual_seed(seed)
        loss = objective(average=average).losses(model, BATCH)["model"]
        assert loss.count == count
        torch.testing.assert_close(loss.total, expected)
        torch.testing.assert_close(gradient(model, loss.total), gradient(model, expected))
        torch.testing.assert_close(loss.metrics["loss"], expected.detach() / count)


def test_its_mean_is_the_bound(model: CMLM) -> None:
    pair = TextBatch(BATCH.source_BS[:1], BATCH.target_BT[:1])
    n = 20_000
    torch.manual_seed(0)
    many = TextBatch(pair.source_BS.expand(n, -1), pair.target_BT.expand(n, -1))
    with torch.no_grad():
        loss = objective().losses(model, many)["model"]
        exact = bound(model.eval(), pair, *all_masks(4)) - model.log_prob(pair).length_log_prob_B.item()
    assert loss.total.item() / n == pytest.approx(-exact, rel=0.01)


def test_label_smoothing_has_the_same_weights(model: CMLM) -> None:
    """Smoothing that is all takes the mean over the vocabulary in place of log q."""
    torch.manual_seed(1)
    hidden = model.log_prob(BATCH).hidden
    torch.manual_seed(1)
    loss = objective(label_smoothing=0.25).losses(model, BATCH)["model"]
    scale = torch.tensor([4, 2]) / hidden.length_B
    torch.testing.assert_close(loss.total, -(scale * (0.75 * hidden.total_B + 0.25 * hidden.uniform_B)).sum())


def test_in_evaluation_all_is_hidden_as_in_mle(model: CMLM) -> None:
    model.eval()
    plain = MLE(MLE.Options(count_boundary=False, length_factor=0.0), SPEC).losses(model, BATCH)["model"]
    loss = objective(count_boundary=False).losses(model, BATCH)["model"]
    torch.testing.assert_close(loss.total, plain.total)
    assert loss.count == plain.count


def test_the_convex_objective_on_the_bound_is_that_of_hidden_tokens(model: CMLM) -> None:
    convex = ConvexExp(ConvexExp.Options(order=2, average="sentence", length_factor=0.0), SPEC)
    torch.manual_seed(4)
    loss = convex.losses(model, BATCH)["model"]
    expected = -(2 * estimates(model, 4) / torch.tensor([4, 2])).exp().mean()
    torch.testing.assert_close(loss.metrics["loss"], expected.detach())
    torch.testing.assert_close(gradient(model, loss.total / loss.count), gradient(model, expected))
