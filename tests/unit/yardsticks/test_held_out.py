"""NLL and entropy on references: a model whose every number is known."""

import math

import numpy as np
import pytest
import torch
from worlds import REFERENCES, from_items, measured, subject, world

from beyond_mle.text.padding import unpad
from beyond_mle.types import LogProb
from beyond_mle.yardsticks.held_out import HeldOut, log_probs

LENGTHS = [len(references[0].split()) for references in REFERENCES]
POSITIONS = [length + 1 for length in LENGTHS]


class Known:
    """log q(y|x) is minus the squared length; the entropy at each of T+1 positions is T/10; some lengths are barred."""

    device = torch.device("cpu")

    def __init__(self, barred: tuple[int, ...] = (), certainty="exact"):
        self.barred, self.certainty = barred, certainty

    def log_prob(self, batch):
        length_B = torch.tensor([len(target) for target in unpad(batch.target_BT)])
        possible_B = torch.tensor([int(length) not in self.barred for length in length_B])
        total_B = torch.where(possible_B, -(length_B.double() ** 2), -torch.inf)
        length_log_prob_B = torch.full_like(total_B, -1.0)
        return LogProb(total_B, length_B, self.certainty, length_log_prob_B=length_log_prob_B)

    def entropy(self, batch):
        length_B = (batch.target_BT != 0).sum(1)
        return length_B / 10 * (length_B + 1), length_B + 1


def measure(data, model, **given):
    """Metric → score; each follows from its items."""
    found = measured(HeldOut(HeldOut.Options()).measure(subject(data, model, **given)))
    for score in found.values():
        assert from_items(score) == pytest.approx(score.value), score.metric
    return {metric: score for (_, metric), score in found.items()}


def test_figures_by_hand_in_the_order_of_the_references(tmp_path):
    found = measure(world(tmp_path), Known())
    nll = [length**2 + 1 for length in LENGTHS]  # the length has a probability of its own
    assert {metric: score.value for metric, score in found.items()} == {
        "nll": pytest.approx(np.mean(nll)),
        "nll-token": pytest.approx(sum(nll) / sum(POSITIONS)),
        "entropy": pytest.approx(np.dot(LENGTHS, POSITIONS) / 10 / sum(POSITIONS)),
    }
    np.testing.assert_allclose(found["nll"].items_IF[:, 0], nll)
    np.testing.assert_allclose(found["nll-token"].items_IF, np.stack([nll, POSITIONS], axis=1))


def test_references_that_the_model_cannot_produce_are_counted_and_left_out(tmp_path):
    found = measure(world(tmp_path), Known(barred=(5,)))
    assert found["impossible"].value == pytest.approx(100 / 3)
    assert found["nll"].value == pytest.approx(17)  # the two others have four words each
    assert found["nll-token"].value == pytest.approx(17 / 5)
    assert found["entropy"].value == pytest.approx(0.4)


def test_where_no_reference_is_possible_there_is_no_nll(tmp_path):
    found = measure(world(tmp_path), Known(barred=(4, 5)))
    assert {metric: score.value for metric, score in found.items()} == {"impossible": 100}


def test_the_certainty_of_the_model_goes_with_its_likelihoods(tmp_path):
    found = measure(world(tmp_path), Known(certainty="lower-bound"))
    assert {metric: score.certainty for metric, score in found.items()} == {
        "nll": "lower-bound",
        "nll-token": "lower-bound",
        "entropy": "exact",
    }


def test_only_the_first_items_of_the_split_on_request(tmp_path):
    found = measure(world(tmp_path), Known(), split="dev", limit=1)
    assert found["nll"].value == pytest.approx(26)


@pytest.mark.parametrize("batch_tokens", [1, 6, 1000])
def test_log_probs_come_in_the_order_of_the_pairs_whatever_the_batches(tmp_path, batch_tokens):
    values, certainty = log_probs(Known((5,), "lower-bound"), world(tmp_path).pairs("test"), batch_tokens)
    np.testing.assert_allclose(values, [-math.inf, -17, -17])
    assert certainty == "lower-bound"
