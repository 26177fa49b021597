"""Operations of a step of training, counted by hand."""

import pytest
import torch
from regression_worlds import data, regression_subject
from worlds import measured

from beyond_mle.models.ebm import EBM
from beyond_mle.models.mdn import MDN
from beyond_mle.objectives.mle import MLE
from beyond_mle.objectives.nce import NCE
from beyond_mle.yardsticks.training_cost import TrainingCost

DATA = data()


def cost(model, objective) -> float:
    ((_, score),) = measured(
        TrainingCost(TrainingCost.Options()).measure(regression_subject(DATA, model, objective))
    ).items()
    return score.value * 1e6


def test_a_mixture_costs_its_matrix_products_and_their_gradients():
    """Layers 1-w, w-w, three of w-w and w-1: 2 operations a weight forward, and 4 backward but for the inputs' own."""
    width = 5
    model = MDN(MDN.Options(components=1, width=width), DATA.spec)
    weights = width + width**2 + 3 * (width**2 + width)
    assert cost(model, MLE(MLE.Options(), DATA.spec)) == pytest.approx(6 * weights - 2 * width)


def test_more_draws_cost_more_and_draw_the_same_numbers_each_time():
    model = EBM(EBM.Options(width=4), DATA.spec)
    found = []
    for samples in (4, 8, 8):
        objective = NCE(NCE.Options(samples=samples), DATA.spec)
        objective.make_players(model)
        before = torch.get_rng_state()
        found.append(cost(model, objective))
        assert torch.equal(before, torch.get_rng_state())
    assert found[1] == found[2] > found[0]
    assert all(parameter.grad is None for parameter in model.parameters())
