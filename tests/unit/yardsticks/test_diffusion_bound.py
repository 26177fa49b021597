"""The bound of masked diffusion: the mean over all orders, below the likelihood that they make together."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from worlds import REFERENCES, from_items, measured, subject, world

from beyond_mle.formulas.masks import all_masks
from beyond_mle.models.cmlm import CMLM
from beyond_mle.symbols import EOS
from beyond_mle.types import TextBatch, TextSpec
from beyond_mle.yardsticks.diffusion_bound import DiffusionBound, bound

LENGTHS = [len(references[0].split()) for references in REFERENCES]


def disturbed(spec: TextSpec) -> CMLM:
    """A masked model in which tokens depend on each other."""
    torch.manual_seed(0)
    sizes = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
    model = CMLM(CMLM.Options(**sizes), spec).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


@torch.no_grad()
def by_order(model: CMLM, pair: TextBatch) -> list[float]:
    """log q(y, T|x) of token-by-token generation in each order."""
    encoded, target = model.encode(pair.source_BS), pair.target_BT
    length = target.shape[1]
    log_length = model.length_log_probs(encoded)[0, length].item()
    found = []
    for order in itertools.permutations(range(length)):
        given, total = torch.full_like(target, model.mask), log_length
        for place in order:
            total += model.token_log_probs_given(encoded, given)[0, place, target[0, place]].item()
            given[0, place] = target[0, place]
        found.append(total)
    return found


@pytest.mark.parametrize("target", [[5], [5, 6], [4, 4, 9], [7, 6, 5, 8]])
def test_all_masks_give_the_mean_over_all_orders_and_less_than_the_likelihood(target: list[int]) -> None:
    model = disturbed(TextSpec(11))
    pair = TextBatch(torch.tensor([[5, 6, 7, EOS]]), torch.tensor([target]))
    orders, found = by_order(model, pair), bound(model, pair, *all_masks(len(target)))
    assert found == pytest.approx(np.mean(orders), abs=1e-5)
    log_likelihood = np.logaddexp.reduce(orders) - math.log(len(orders))
    assert found < log_likelihood if len(target) > 1 else found == pytest.approx(log_likelihood, abs=1e-5)


def test_figures_are_means_of_bounds_and_say_so(tmp_path: Path) -> None:
    data = world(tmp_path)
    model, pairs = disturbed(data.spec), data.pairs("test")
    found = measured(DiffusionBound(DiffusionBound.Options()).measure(subject(data, model)))
    nll = [-np.mean(by_order(model, pairs.batch(np.array([row])))) for row in range(3)]
    assert found["none", "diffusion-nll"].value == pytest.approx(np.mean(nll), rel=1e-5)
    assert found["none", "diffusion-nll-token"].value == pytest.approx(sum(nll) / sum(LENGTHS), rel=1e-5)
    for score in found.values():
        assert score.certainty == "lower-bound"
        assert from_items(score) == pytest.approx(score.value)


def test_long_sentences_are_estimated_without_bias(tmp_path: Path) -> None:
    data = world(tmp_path)
    model = disturbed(data.spec)

    def nll(masks: int, seed: int = 0) -> float:
        options = DiffusionBound.Options(masks=masks)
        return next(iter(DiffusionBound(options).measure(subject(data, model, seed=seed)))).value

    exact, drawn = nll(31), [nll(6, seed) for seed in range(60)]
    assert nll(31, seed=1) == exact
    assert np.std(drawn) > 0
    assert np.mean(drawn) == pytest.approx(exact, abs=4 * np.std(drawn) / math.sqrt(60))
