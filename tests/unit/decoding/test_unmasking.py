"""Unmasking: outputs come from the mixture, over all orders, of token-by-token generation."""

import itertools

import pytest
import torch
from toy_models import assert_frequencies

from beyond_mle.decoding.unmasking import Unmasking
from beyond_mle.models.cmlm import CMLM
from beyond_mle.symbols import EOS, PAD
from beyond_mle.text.padding import pad
from beyond_mle.types import TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)


@pytest.fixture
def model() -> CMLM:
    """A masked model in which tokens depend strongly on each other."""
    torch.manual_seed(0)
    model = CMLM(CMLM.Options(**SIZES, max_length_offset=1), TextSpec(6)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.4 * torch.randn_like(parameter)
    return model


def exact(model: CMLM, source: list[int], temperature: float) -> dict[tuple[int, ...], float]:
    """q of every output, by enumeration of lengths, tokens and orders; lengths are 1, 2 and 3."""
    encoded = model.encode(pad([source]))
    length_L = model.length_log_probs(encoded)[0].double().exp()
    words = torch.arange(model.mask, 6).tolist()
    probability = {}
    for length in (1, 2, 3):
        orders = list(itertools.permutations(range(length)))
        for output in itertools.product(words, repeat=length):
            total = 0.0
            for order in orders:
                token_1T, q = torch.full((1, length), model.mask), 1.0
                for place in order:
                    log_q_V = model.token_log_probs_given(encoded, token_1T)[0, place].double()
                    q *= (log_q_V / temperature).softmax(0)[output[place]].item()
                    token_1T[0, place] = output[place]
                total += q / len(orders)
            probability[output] = length_L[length].item() * total
    return probability


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_frequencies_are_those_of_all_orders(model: CMLM, temperature: float) -> None:
    source = [4, EOS]
    decoder = Unmasking(Unmasking.Options(temperature=temperature))
    with torch.no_grad():
        probability = exact(model, source, temperature)
        samples = decoder.decode(model, pad([source] * 10_000), torch.Generator().manual_seed(1))
    assert_frequencies(samples, probability)
    assert all(PAD not in sample for sample in samples)


def test_the_order_matters_to_this_model(model: CMLM) -> None:
    """Else the test above would say nothing of orders."""
    encoded = model.encode(pad([[4, EOS]]))
    with torch.no_grad():
        first, second = (model.token_log_probs_given(encoded, torch.tensor([tokens])) for tokens in ([3, 4], [3, 5]))
    assert (first[0, 0] - second[0, 0]).abs()[3:].max() > 0.1
