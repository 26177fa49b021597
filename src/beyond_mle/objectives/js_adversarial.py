"""Generalised adversarial training: JS_π from samples of p and of q alone, by a learned discriminator.

The discriminator learns s = log p/q; the model follows the gradient of E_q[(1−π) log(1 − π + π eˢ)]. Where samples of q
are differentiable in its parameters the gradient flows through them. Words are not: there it is estimated by REINFORCE,
with the reward of the whole output and the K samples of a source as each other's baseline; no rollouts spread it over
the words, as SeqGAN has (Yu et al. 2017). With the optimal discriminator this is `js`, but p may be unknown.
"""

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.capabilities import Minibatches, Need, Reparametrised, Stepwise, implements
from beyond_mle.card import Card
from beyond_mle.formulas.density_ratio import balanced_loss, reward
from beyond_mle.models.discriminator import discriminator
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, draw, evaluating, surrogate
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Points, Spec


class JSAdversarialOptions(PolicyGradientOptions):
    """The label prior, the discriminator, and when each player moves."""

    headline: ClassVar[tuple[str, ...]] = ("pi",)

    pi: float = Field(default=0.5, gt=0, lt=1)
    """π, the prior probability that the discriminator is shown p; ½ is the usual adversarial training."""
    warmup: int = Field(default=0, ge=0)
    """Optimiser steps at the start in which only the discriminator learns: of one that knows nothing yet, a model
    would follow the noise, away from what it has learnt."""
    discriminator_steps: int = Field(default=0, ge=0)
    """How many steps of the discriminator alone stand before each of the model alone; 0: both move at each step."""
    discriminator: dict[str, Any] = Field(default_factory=dict)
    """Its size: the options of `models.discriminator` for this kind of data."""


Played = tuple[dict[str, Tensor], dict[str, Tensor]]
"""Each player's loss summed over the batch, and the metrics."""


@OBJECTIVES.register("js-adversarial")
class JSAdversarial(nn.Module):
    """JS_π[P‖Q] by a learned discriminator: covers modes for small π, seeks one for large π; proper only if optimal."""

    card = Card(
        minimises="JS_π[P‖Q], as far as a discriminator can tell P from Q",
        proper=True,
        optimum="P, with an optimal discriminator",
        leans="from covering to seeking as π rises",
    )

    Options = JSAdversarialOptions
    needs: ClassVar[tuple[Need, ...]] = (Reparametrised | Stepwise, Minibatches)
    pi: Tensor

    def __init__(self, options: JSAdversarialOptions, spec: Spec):
        super().__init__()
        self.options = options
        self.register_buffer("pi", torch.tensor(options.pi), persistent=False)
        self.discriminator = discriminator(options.discriminator, spec)

    def losses(self, model: Any, batch: Any, step: int = 0) -> dict[str, Loss]:
        """The losses of the players whose turn it is, each to be differentiated in its own player's parameters only.

        Metrics: `reward` is the mean of log(1 − π + π eˢ) over samples of q, `loss` is −(1−π) times it;
        `discriminator_accuracy` counts samples of p and q equally; `cut` is the share of samples of text that was cut
        off at the length limit.

        Args:
            model: also `Reparametrised` or `Stepwise`; its q is that of evaluation mode, so there is no dropout.
            batch: samples of p.
            step: how many optimiser steps have been made, for the turns.
        """
        play = self._pathwise if implements(type(model), Reparametrised) else self._reinforce
        totals, metrics = play(model, batch)
        count = totals["model"].new_tensor(len(batch))
        turn = self._turn(step)
        return {player: Loss(totals[player], count, metrics if player == turn[0] else {}) for player in turn}

    def _turn(self, step: int) -> list[str]:
        if step < self.options.warmup:
            return ["discriminator"]
        turns = self.options.discriminator_steps
        if not turns:
            return ["discriminator", "model"]
        return ["model"] if (step - self.options.warmup) % (turns + 1) == turns else ["discriminator"]

    def _pathwise(self, model: Any, batch: Points) -> Played:
        """As many samples of q as of p; the model's gradient is that of JS_π where s is optimal."""
        fake_B = self.discriminator(Points(model.sample(len(batch))))
        real_B = self.discriminator(batch)
        discriminator_B = balanced_loss(real_B, fake_B)
        totals = {
            "discriminator": discriminator_B.sum(),
            "model": -(1 - self.pi) * reward(fake_B, self.pi).sum(),
        }
        return totals, self._metrics(real_B, fake_B, discriminator_B)

    def _reinforce(self, model: Any, batch: Any) -> Played:
        """K samples of q per source; its target, a sample of p, counts once against each of them."""
        with evaluating(model):
            samples = draw(model, batch.source_BS, self.options.samples)
        real_B1 = self.discriminator(batch)[:, None]
        fake_BK = self.discriminator(samples.batch_N).view(samples.log_q_BK.shape)
        discriminator_B = balanced_loss(real_B1, fake_BK).mean(1)
        reward_BK = (1 - self.pi) * reward(fake_BK.detach(), self.pi)
        totals = {"discriminator": discriminator_B.sum(), "model": surrogate(samples.log_q_BK, reward_BK).sum()}
        return totals, self._metrics(real_B1, fake_BK, discriminator_B) | {"cut": samples.cut_N.float().mean()}

    def _metrics(self, real: Tensor, fake: Tensor, discriminator_B: Tensor) -> dict[str, Tensor]:
        mean_reward = reward(fake.detach(), self.pi).mean()
        return {
            "loss": -(1 - self.pi) * mean_reward,
            "reward": mean_reward,
            "discriminator_loss": discriminator_B.detach().mean(),
            "discriminator_accuracy": ((real > 0).float().mean() + (fake < 0).float().mean()) / 2,
        }
