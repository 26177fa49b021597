"""REINFORCE with the leave-one-out baseline, by enumerating all draws; and drawing from a model."""

import copy
import itertools

import hypothesis
import pytest
import torch
from hypothesis import strategies as st
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, draw, evaluating, leave_one_out, surrogate
from beyond_mle.options import parse
from beyond_mle.symbols import EOS, PAD

numbers = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


@pytest.mark.parametrize("k", [2, 3])
@hypothesis.settings(deadline=None, max_examples=20)
@hypothesis.given(numbers, numbers)
def test_it_is_unbiased(k, logits, rewards):
    """Over all 4^K draws, its mean gradient is that of −E_q[r]."""
    logits = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    reward_4 = torch.tensor(rewards, dtype=torch.float64)
    log_q_4 = logits.log_softmax(0)
    draws_BK = torch.tensor(list(itertools.product(range(4), repeat=k)))
    q_B = log_q_4[draws_BK].sum(1).exp().detach()
    mean = (q_B * surrogate(log_q_4[draws_BK], reward_4[draws_BK])).sum()
    exact = -(log_q_4.exp() * reward_4).sum()
    got, expected = (torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (mean, exact))
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-12)


def test_the_baseline_of_each_sample_is_the_mean_of_the_others():
    advantage = leave_one_out(torch.tensor([[1.0, 2.0, 6.0], [5.0, 5.0, 5.0]]))
    torch.testing.assert_close(advantage, torch.tensor([[1 - 4.0, 2 - 3.5, 6 - 1.5], [0.0, 0.0, 0.0]]))


def test_no_gradient_flows_through_the_reward():
    log_q = torch.tensor([[-1.0, -2.0]], requires_grad=True)
    reward = torch.tensor([[1.0, 3.0]], requires_grad=True)
    surrogate(log_q, reward).sum().backward()
    assert reward.grad is None
    torch.testing.assert_close(log_q.grad, torch.tensor([[1.0, -1.0]]))


def test_samples_come_with_their_source_and_their_log_q(world):
    torch.manual_seed(2)
    with evaluating(world.model):
        samples = draw(world.model, world.source_BS, 500)
    assert torch.equal(samples.batch_N.source_BS, world.source_BS.repeat_interleave(500, 0))
    row = {output: n for n, output in enumerate(world.outputs)}
    drawn = [tuple(t for t in output if t != PAD) for output in samples.batch_N.target_BT.tolist()]
    exact = world.log_q().detach()
    for n in range(0, 1000, 7):
        torch.testing.assert_close(samples.log_q_BK.flatten()[n].detach(), exact[n // 500, row[drawn[n]]])
    share = sum(output == () for output in drawn[:500]) / 500
    assert share == pytest.approx(float(exact[0, 0].exp()), abs=0.06)


def test_samples_follow_the_global_generator(world):
    def outputs():
        return draw(world.model.eval(), world.source_BS, 50).batch_N.target_BT.tolist()

    torch.manual_seed(1)
    first, second = outputs(), outputs()
    torch.manual_seed(1)
    assert [outputs(), outputs()] == [first, second]
    assert first != second


def test_a_sample_that_is_cut_has_no_gradient(world):
    model = copy.deepcopy(world.model).eval()
    with torch.no_grad():
        end = model.embedding.token.weight[EOS]
        model.norm.bias -= 60 * end / end.square().sum()
    samples = draw(model, world.source_BS, 3)
    assert samples.cut_N.all()
    assert samples.batch_N.target_BT.shape == (6, model.longest_output)
    loss = surrogate(samples.log_q_BK, torch.randn(2, 3)).sum()
    assert not any(g.any() for g in torch.autograd.grad(loss, list(model.parameters()), materialize_grads=True))


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_mode_ends_with_the_block(training):
    model = nn.Dropout(0.5).train(training)
    with evaluating(model):
        assert not model.training
    assert model.training == training
    with pytest.raises(RuntimeError), evaluating(model):
        model(torch.ones(1)).backward()  # fails
    assert model.training == training


def test_one_sample_is_not_enough():
    with pytest.raises(UserError, match="samples"):
        parse(PolicyGradientOptions, {"samples": 1}, "objectives.js")


def test_a_model_that_cannot_be_sampled_word_by_word_is_refused():
    with pytest.raises(UserError, match="Linear is not autoregressive"):
        draw(nn.Linear(1, 1), torch.tensor([[4, EOS]]), 2)
