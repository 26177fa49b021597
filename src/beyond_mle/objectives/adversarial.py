"""Generalised adversarial training for text: JS_π from sentence pairs and samples of q, by a learned discriminator.

The discriminator learns s(x, y) = log p(y|x)/q(y|x); the model follows the gradient of E_q[(1−π) log(1 − π + π eˢ)] by
REINFORCE, since a drawn word cannot be differentiated. The reward is that of the whole output, with the K samples of a
source as each other's baseline; there are no rollouts that spread it over the words, as SeqGAN has (Yu et al. 2017).
With the optimal discriminator this is `js` with `gradient: reinforce`, but p may be unknown.
"""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from beyond_mle.models.layers import Embedding, Encoder, TransformerOptions
from beyond_mle.objectives.density_ratio import balanced_loss, reward
from beyond_mle.objectives.policy_gradient import PolicyGradientOptions, draw, evaluating, surrogate
from beyond_mle.registry import OBJECTIVES
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import Loss, TextBatch


class JSAdversarialOptions(PolicyGradientOptions):
    """The label prior, and the discriminator: a small Transformer encoder."""

    pi: float = Field(default=0.5, gt=0, lt=1)
    """π, the prior probability that the discriminator is shown p; ½ is the usual adversarial training."""
    warmup: int = Field(default=100, ge=0)
    """Optimiser steps at the start in which only the discriminator learns: of one that knows nothing yet, a model
    would follow the noise, away from what it has learnt."""
    width: int = Field(default=64, gt=0)
    """Of the discriminator's embeddings and hidden states."""
    heads: int = Field(default=4, gt=0)
    """Its attention heads; must divide the width."""
    feedforward: int = Field(default=128, gt=0)
    """Inner width of its feed-forward layers."""
    layers: int = Field(default=2, gt=0)
    """Its layers."""
    max_positions: int = Field(default=512, gt=0)
    """The longest source and target together, each with its EOS."""


class Discriminator(nn.Module):
    """s(x, y) from `x EOS y EOS`: an encoder over both, the mean of its states, and a linear layer."""

    def __init__(self, options: JSAdversarialOptions, vocabulary_size: int):
        super().__init__()
        sizes = TransformerOptions(
            encoder_layers=options.layers,
            **options.model_dump(include={"width", "heads", "feedforward", "max_positions"}),
        )
        self.encoder = Encoder(Embedding(vocabulary_size, sizes), sizes)
        self.output = nn.Linear(options.width, 1)

    def forward(self, batch: TextBatch) -> Tensor:
        """The logit s of each pair [B], in float32 at least."""
        length_B1 = (batch.target_BT != PAD).sum(1, keepdim=True)
        ended_BT = functional.pad(batch.target_BT, (0, 1), value=PAD).scatter(1, length_B1, EOS)
        ids_BT = torch.cat([batch.source_BS, ended_BT], dim=1)
        order_BT = (ids_BT == PAD).long().argsort(dim=1, stable=True)  # the padding between them to the end
        encoded = self.encoder(ids_BT.gather(1, order_BT))
        mask_BT1 = encoded.mask_BS[:, :, None]
        mean_BD = (encoded.hidden_BSD * mask_BT1).sum(1) / mask_BT1.sum(1)
        logit_B = self.output(mean_BD)[:, 0]
        return logit_B.to(torch.promote_types(logit_B.dtype, torch.float32))


@OBJECTIVES.register("js-adversarial")
class JSAdversarial(nn.Module):
    """JS_π[P‖Q] by a learned discriminator: covers modes for small π, seeks one for large π; proper only if optimal."""

    Options = JSAdversarialOptions
    needs_support: ClassVar[bool] = False
    autoregressive_method: ClassVar[str] = "step"

    def __init__(self, options: JSAdversarialOptions, vocabulary_size: int):
        super().__init__()
        self.options = options
        self.register_buffer("pi", torch.tensor(options.pi), persistent=False)
        self.discriminator = Discriminator(options, vocabulary_size)

    def losses(self, model: nn.Module, batch: TextBatch, step: int = 0) -> dict[str, Loss]:
        """The losses of both players, or during the warm-up that of the discriminator; neither reaches the other's
        parameters.

        Every source's target is a sample of p, and counts once against each of its K samples of q, so that as many real
        as sampled pairs are shown. Metrics: `reward` is the mean of log(1 − π + π eˢ) over samples, `loss` is −(1−π)
        times it; `discriminator_accuracy` counts both kinds equally; `cut` is the share of samples that was cut off.

        Args:
            model: also `Stepwise`; its q is that of evaluation mode, so there is no dropout.
            batch: sentence pairs.
            step: how many optimiser steps have been made, for the warm-up.
        """
        with evaluating(model):
            samples = draw(model, batch.source_BS, self.options.samples)
        real_B1 = self.discriminator(batch)[:, None]
        fake_BK = self.discriminator(samples.batch_N).view(samples.log_q_BK.shape)
        reward_BK = reward(fake_BK.detach(), self.pi)
        discriminator_B = balanced_loss(real_B1, fake_BK).mean(1)
        count = discriminator_B.new_tensor(len(batch))
        metrics = {
            "loss": -(1 - self.pi) * reward_BK.mean(),
            "reward": reward_BK.mean(),
            "discriminator_loss": discriminator_B.detach().mean(),
            "discriminator_accuracy": ((real_B1 > 0).float().mean() + (fake_BK < 0).float().mean()) / 2,
            "cut": samples.cut_N.float().mean(),
        }
        losses = {"discriminator": Loss(discriminator_B.sum(), count, metrics)}
        if step >= self.options.warmup:
            losses["model"] = Loss(surrogate(samples.log_q_BK, (1 - self.pi) * reward_BK).sum(), count)
        return losses
