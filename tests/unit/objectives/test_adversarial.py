"""Adversarial training on text: with the optimal discriminator it is JS_π, and the discriminator becomes optimal."""

import copy

import pytest
import torch
from beyond_mle.objectives.adversarial import Discriminator, JSAdversarial
from beyond_mle.objectives.divergence import JS
from torch import nn

from beyond_mle.symbols import EOS, PAD
from beyond_mle.text.padding import pad, unpad
from beyond_mle.types import TextBatch

VOCABULARY = 6
SMALL = dict(width=16, heads=2, feedforward=32, layers=1, max_positions=16)


def make(**options) -> JSAdversarial:
    torch.manual_seed(0)
    return JSAdversarial(JSAdversarial.Options(**SMALL, **{"warmup": 0, **options}), VOCABULARY)


class OptimalLogit(nn.Module):
    """log p/q of a world."""

    def __init__(self, world):
        super().__init__()
        self.log_p, self.log_q = world.log_p(), world.log_q().detach()
        self.row = {output: n for n, output in enumerate(world.outputs)}
        self.sources = [tuple(source) for source in world.source_BS.tolist()]

    def forward(self, batch: TextBatch) -> torch.Tensor:
        rows = [self.sources.index(tuple(source)) for source in batch.source_BS.tolist()]
        outputs = [self.row[tuple(output)] for output in unpad(batch.target_BT)]
        return (self.log_p - self.log_q)[rows, outputs]


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.99])
def test_with_the_optimal_discriminator_the_generator_follows_js(world, pi):
    """On the same samples it has the very gradient of `js` by REINFORCE, whose mean is that of the exact JS_π."""
    objective = make(pi=pi, samples=8000)
    objective.discriminator = OptimalLogit(world)
    torch.manual_seed(1)
    gradient = world.gradient_of(objective)
    torch.manual_seed(1)
    known = world.gradient_of(JS(JS.Options(pi=pi, gradient="reinforce", samples=8000)))
    assert known.any()
    assert (gradient - known).norm() < 1e-5 * known.norm()  # the prior is in single precision here
    exact = world.gradient_of(JS(JS.Options(pi=pi)))
    assert (gradient - exact).norm() < 0.2 * exact.norm()


def test_the_discriminator_learns_the_log_ratio(world):
    """On what both p and q give at least now and then."""
    source_BS = world.source_BS[:1].expand(64, -1)
    p = {(4, 5): 0.1, (5,): 0.3, (4,): 0.1, (): 0.5}
    generator = torch.Generator().manual_seed(0)
    share = torch.tensor(list(p.values()))
    objective = make(warmup=10**6, samples=2)
    optimiser = torch.optim.Adam(objective.parameters(), lr=3e-3)
    model = copy.deepcopy(world.model)
    with torch.no_grad():
        model.norm.bias *= 0.4  # other outputs than the empty one, too
    for _ in range(300):
        drawn = torch.multinomial(share, 64, replacement=True, generator=generator).tolist()
        target_BT = pad([list(p)[n] for n in drawn])
        loss = objective.losses(model, TextBatch(source_BS, target_BT))["discriminator"]
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
    outputs = TextBatch(source_BS[:4], pad(list(p)))
    optimal = share.log() - model.log_prob(outputs).total_B.float()
    assert optimal.max() - optimal.min() > 1
    with torch.no_grad():
        torch.testing.assert_close(objective.discriminator(outputs), optimal.detach(), rtol=0, atol=0.4)
        never = objective.discriminator(TextBatch(source_BS[:1], torch.tensor([[5, 5, 4]])))
    assert never < -2


def test_the_discriminator_sees_the_whole_pair_and_no_padding():
    discriminator = Discriminator(JSAdversarial.Options(**SMALL), VOCABULARY).double()
    source, target = torch.tensor([[4, 5, EOS], [5, EOS, PAD]]), torch.tensor([[4, 5], [5, PAD]])
    logits = discriminator(TextBatch(source, target))
    more = nn.functional.pad(source, (0, 2)), nn.functional.pad(target, (0, 3))
    torch.testing.assert_close(discriminator(TextBatch(*more)), logits)
    alone = discriminator(TextBatch(source[1:, :2], target[1:, :1]))
    torch.testing.assert_close(alone, logits[1:])
    changes = [([[4, 4, EOS]], [[4, 5]]), ([[4, 5, EOS]], [[5, 4]]), ([[4, 5, EOS]], [[4]]), ([[4, EOS]], [[5, 5]])]
    others = [float(discriminator(TextBatch(*map(torch.tensor, change))).detach()) for change in changes]
    assert len({round(value, 6) for value in (*others, float(logits[0].detach()))}) == 5
    empty = discriminator(TextBatch(source[:1], torch.zeros(1, 0, dtype=torch.long)))
    assert empty.isfinite().all()


def test_in_the_warm_up_only_the_discriminator_learns(world):
    objective = make(warmup=3)
    players = [set(objective.losses(world.model, world.batch, step)) for step in (0, 2, 3, 100)]
    assert players == [{"discriminator"}, {"discriminator"}, {"discriminator", "model"}, {"discriminator", "model"}]


def test_the_players_do_not_reach_each_other(world):
    objective = make(samples=8)
    losses = objective.losses(world.model, world.batch)
    own = {"model": list(world.model.parameters()), "discriminator": list(objective.discriminator.parameters())}
    for player, other in (("model", "discriminator"), ("discriminator", "model")):
        total = losses[player].total
        assert all(g is None for g in torch.autograd.grad(total, own[other], allow_unused=True, retain_graph=True))
        gradients = torch.autograd.grad(total, own[player], allow_unused=True)
        assert any(g is not None and g.any() for g in gradients)


def test_real_and_sampled_pairs_count_the_same(world):
    """A discriminator that says the same of all pairs is right half of the time, whatever K."""
    objective = make(samples=5, pi=0.3)
    with torch.no_grad():
        objective.discriminator.output.weight.zero_()
        objective.discriminator.output.bias.fill_(0.7)
    loss = objective.losses(world.model, world.batch)["discriminator"]
    assert loss.metrics["discriminator_accuracy"] == 0.5
    logit = torch.tensor(0.7)
    expected = nn.functional.softplus(-logit) + nn.functional.softplus(logit)
    torch.testing.assert_close(loss.total / loss.count, expected)
    torch.testing.assert_close(loss.metrics["reward"], (0.7 + 0.3 * logit.exp()).log())
    torch.testing.assert_close(loss.metrics["loss"], -0.7 * (0.7 + 0.3 * logit.exp()).log())


def test_its_modules_are_its_players():
    assert [name for name, _ in make().named_children()] == ["discriminator"]
    assert "pi" not in make().state_dict()
