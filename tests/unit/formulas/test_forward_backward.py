"""Inference in a hidden Markov chain against sums over all of its paths."""

import itertools
import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from beyond_mle.formulas.forward_backward import filtered, likeliest_path, posterior

K, T = 3, 6
LENGTHS = (6, 1, 4)


@dataclass
class Chain:
    """Random tables, scores of a batch, padded, and every path of every sequence with its log-probability."""

    start_K: Tensor
    transition_KK: Tensor
    log_score_BTK: Tensor

    def __post_init__(self) -> None:
        self.mask_BT = torch.arange(T) < torch.tensor(LENGTHS)[:, None]

    def paths(self, row: int) -> list[tuple[tuple[int, ...], float]]:
        found = []
        for path in itertools.product(range(K), repeat=LENGTHS[row]):
            total = self.start_K[path[0]].log()
            total = total + sum(self.transition_KK[pair].log() for pair in itertools.pairwise(path))
            total = total + sum(self.log_score_BTK[row, t, state] for t, state in enumerate(path))
            found.append((path, float(total)))
        return found

    def of(self, row: int) -> float:
        return torch.tensor([total for _, total in self.paths(row)], dtype=torch.float64).logsumexp(0).item()


@pytest.fixture(params=[1.0, 300.0], ids=["near", "far apart"])
def chain(request) -> Chain:
    """Scores a little or a lot apart: e⁻³⁰⁰ at each position underflows unless it is seen to."""
    torch.manual_seed(1)
    log_score_BTK = request.param * torch.randn(len(LENGTHS), T, K, dtype=torch.float64)
    log_score_BTK[torch.arange(T) >= torch.tensor(LENGTHS)[:, None]] = 0
    return Chain(torch.randn(K).double().softmax(0), torch.randn(K, K).double().softmax(1), log_score_BTK)


@pytest.fixture
def tables(chain: Chain) -> tuple[Tensor, Tensor, Tensor]:
    return chain.start_K, chain.transition_KK, chain.log_score_BTK


def test_evidence_is_the_sum_over_paths_and_padding_adds_nothing(chain, tables):
    for evidence_BT in (filtered(*tables)[1], posterior(*tables).log_evidence_BT):
        expected = torch.tensor([chain.of(row) for row in range(len(LENGTHS))], dtype=torch.float64)
        torch.testing.assert_close(evidence_BT.sum(1), expected)
        torch.testing.assert_close(evidence_BT[~chain.mask_BT], torch.zeros(7, dtype=torch.float64))


def test_posteriors_are_shares_of_the_paths(chain, tables):
    found = posterior(*tables)
    for row, length in enumerate(LENGTHS):
        state_TK = torch.zeros(length, K, dtype=torch.float64)
        pair_KK = torch.zeros(K, K, dtype=torch.float64)
        everything = chain.of(row)
        for path, total in chain.paths(row):
            share = math.exp(total - everything)
            state_TK[range(length), path] += share
            for pair in itertools.pairwise(path):
                pair_KK[pair] += share
        torch.testing.assert_close(found.state_BTK[row, :length], state_TK)
        weight_BT = 2.5 * (torch.arange(len(LENGTHS))[:, None] == row) * chain.mask_BT.double()
        torch.testing.assert_close(found.transitions(weight_BT), 2.5 * pair_KK)


def test_what_is_expected_before_a_position_is_seen_depends_on_those_before(tables):
    start_K, transition_KK, log_score_BTK = tables
    predicted_BTK, _ = filtered(*tables)
    torch.testing.assert_close(predicted_BTK[:, 0], start_K.expand(len(LENGTHS), K))
    for t in range(1, T):
        seen_BTK = posterior(start_K, transition_KK, log_score_BTK[:, :t].clone()).state_BTK
        torch.testing.assert_close(predicted_BTK[:, t], seen_BTK[:, -1] @ transition_KK)


def test_the_likeliest_path(chain, tables):
    path_BT, log_prob_B = likeliest_path(tables[0].log(), tables[1].log(), tables[2], chain.mask_BT)
    for row, length in enumerate(LENGTHS):
        best, total = max(chain.paths(row), key=lambda found: found[1])
        assert path_BT[row].tolist() == [*best, *[-1] * (T - length)]
        assert log_prob_B[row].item() == pytest.approx(total)


def test_what_cannot_be_has_no_probability_no_posterior_and_no_gradient(tables):
    start_K, transition_KK, log_score_BTK = tables
    log_score_BTK = log_score_BTK.clone()
    log_score_BTK[0, 2] = -torch.inf
    log_score_BTK[2, 1, 1:] = -torch.inf
    start_K, transition_KK = start_K.requires_grad_(), transition_KK.requires_grad_()
    total_B = filtered(start_K, transition_KK, log_score_BTK)[1].sum(1)
    assert total_B.isfinite().tolist() == [False, True, True]
    alone = torch.autograd.grad(total_B[0], [start_K, transition_KK], retain_graph=True)
    assert all(not gradient[0].isnan().any() for gradient in alone)
    found = posterior(start_K.detach(), transition_KK.detach(), log_score_BTK)
    assert not found.state_BTK[0].any()
    assert found.state_BTK[2, 1].tolist() == pytest.approx([1, 0, 0])
    assert found.transitions(torch.ones(len(LENGTHS), T)).isfinite().all()
