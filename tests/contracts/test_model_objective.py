"""What every registered text model must do with every registered likelihood objective."""

import copy

import pytest
import torch

from beyond_mle.models.text_model import TextModel
from beyond_mle.objectives.likelihood import MLE, Likelihood
from beyond_mle.registry import MODELS, OBJECTIVES
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import TextBatch

SIZES = dict(width=32, heads=2, feedforward=64, encoder_layers=1, decoder_layers=1, max_positions=16)
VOCABULARY = 17
TEXT_MODELS = [key for key in MODELS if issubclass(MODELS[key], TextModel)]
LIKELIHOODS = [key for key in OBJECTIVES if issubclass(OBJECTIVES[key], Likelihood)]
EACH_PAIR = pytest.mark.parametrize(
    ("model_key", "objective_key"), [(model, objective) for model in TEXT_MODELS for objective in LIKELIHOODS]
)


def make_model(key: str, dtype: torch.dtype = torch.float64) -> TextModel:
    torch.manual_seed(0)
    return MODELS[key](MODELS[key].Options(**SIZES), VOCABULARY).to(dtype).eval()


def make_objective(key: str, **options):
    known = OBJECTIVES[key].Options.model_fields
    return OBJECTIVES[key](OBJECTIVES[key].Options(**{name: o for name, o in options.items() if name in known}))


def sentences(n: int = 8) -> list[tuple[list[int], list[int]]]:
    """Random pairs of different lengths."""
    generator = torch.Generator().manual_seed(4)
    pairs = []
    for _ in range(n):
        lengths = torch.randint(3, 8, (2,), generator=generator).tolist()
        pairs.append([torch.randint(4, VOCABULARY, (length,), generator=generator).tolist() for length in lengths])
    return pairs


def batch(pairs, extra_padding: int = 0) -> TextBatch:
    sides = [[[*source, EOS] for source, _ in pairs], [target for _, target in pairs]]
    padded = []
    for rows in sides:
        longest = max(map(len, rows)) + extra_padding
        padded.append(torch.tensor([row + [PAD] * (longest - len(row)) for row in rows]))
    return TextBatch(*padded)


def loss_and_gradient(model, objective, items: TextBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss value that is reported, and the gradient that training follows."""
    loss = objective.losses(model, items)["model"]
    parameters = [p for p in model.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss.total / loss.count, parameters, allow_unused=True)
    flat = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
    return loss.metrics["loss"], torch.cat([g.flatten() for g in flat])


@EACH_PAIR
def test_padding_and_order_of_a_batch_do_not_matter(model_key: str, objective_key: str) -> None:
    model, objective, pairs = make_model(model_key), make_objective(objective_key, label_smoothing=0.1), sentences()
    reference = loss_and_gradient(model, objective, batch(pairs))
    for other in (batch(pairs, extra_padding=2), batch(pairs[::-1])):
        for got, expected in zip(loss_and_gradient(model, objective, other), reference, strict=True):
            torch.testing.assert_close(got, expected)


@EACH_PAIR
def test_the_gradient_is_that_of_the_reported_loss(model_key: str, objective_key: str) -> None:
    """Along a random direction, by central differences."""
    model, items = make_model(model_key), batch(sentences())
    objective = make_objective(objective_key, length_factor=0.0)
    _, gradient = loss_and_gradient(model, objective, items)
    direction = torch.randn(len(gradient), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = []
    for step in (1e-5, -1e-5):
        moved = copy.deepcopy(model)
        parameters = [p for p in moved.parameters() if p.requires_grad]
        flat = torch.nn.utils.parameters_to_vector(parameters)
        torch.nn.utils.vector_to_parameters(flat + step * direction, parameters)
        values.append(loss_and_gradient(moved, objective, items)[0])
    torch.testing.assert_close((values[0] - values[1]) / 2e-5, gradient @ direction, rtol=1e-5, atol=1e-9)


@EACH_PAIR
def test_single_precision_agrees_with_double(model_key: str, objective_key: str) -> None:
    items, objective = batch(sentences()), make_objective(objective_key)
    double = loss_and_gradient(make_model(model_key), objective, items)
    single = loss_and_gradient(make_model(model_key).float(), objective, items)
    for got, expected in zip(single, double, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(got.double(), expected, rtol=1e-3, atol=1e-4 * scale)


@EACH_PAIR
def test_eight_sentences_can_be_learnt_by_heart(model_key: str, objective_key: str) -> None:
    """MLE first, then the objective, as in two-stage training: it must keep and sharpen what is known."""
    torch.manual_seed(1)
    model, items = make_model(model_key, torch.float32), batch(sentences())
    optimiser = torch.optim.Adam(model.train().parameters(), lr=3e-3)
    for objective in (MLE(MLE.Options()), make_objective(objective_key)):
        for _ in range(120):
            optimiser.zero_grad()
            loss = objective.losses(model, items)["model"]
            (loss.total / loss.count).backward()
            optimiser.step()
    log_prob = model.eval().log_prob(items)
    assert (log_prob.joint_B > -0.5).all()
