"""Two players in turn, many duels at once: every duel is a row of the same stacked parameters.

The duels share nothing but the arithmetic; one that diverges leaves the others as they are. R: duels. B: samples.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from beyond_mle.adversarial import DuelOptions
from beyond_mle.models.plane_generator import Generator
from beyond_mle.objectives.plane_adversarial import PlaneAdversarial


class Duel(nn.Module):
    """A generator and its opponent, the discriminator of its objective."""

    def __init__(self, model: Generator, objective: PlaneAdversarial):
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(self, real_B2: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Each player's loss on a batch."""
        losses = self.objective.pathwise_losses(self.model, real_B2, generator)
        return {player: loss.total / loss.count for player, loss in losses.items()}


def train(duels: Sequence[Duel], data_N2: Tensor, options: DuelOptions, generator: torch.Generator) -> list[nn.Module]:
    """Train the duels side by side, in float32.

    Args:
        duels: of one architecture; they are left as they are.
        data_N2: samples of p, from which every duel draws its own batches.
        options: of all of them.
        generator: draws the batches and the noise.

    Returns:
        The trained generators, in the order of the duels.
    """
    duels = [copy.deepcopy(duel).float() for duel in duels]
    weights_R, buffers_R = torch.func.stack_module_state(duels)
    players = {
        "discriminator": [w for name, w in weights_R.items() if name.startswith("objective.")],
        "model": [w for name, w in weights_R.items() if name.startswith("model.")],
    }
    rates = {"discriminator": options.discriminator_learning_rate, "model": options.learning_rate}
    optimisers = {player: torch.optim.Adam(players[player], rates[player], options.betas) for player in players}

    def one(weights: dict[str, Tensor], buffers: dict[str, Tensor], real_B2: Tensor) -> dict[str, Tensor]:
        return torch.func.functional_call(duels[0], (weights, buffers), (real_B2, generator))

    losses_R = torch.func.vmap(one, randomness="different")
    data_N2 = data_N2.float()
    for step in range(options.steps):
        for player in ["discriminator"] * options.discriminator_steps + ["model"]:
            rows_RB = torch.randint(len(data_N2), (len(duels), options.batch), generator=generator)
            loss = losses_R(weights_R, buffers_R, data_N2[rows_RB])[player].sum()
            for weight_R, gradient_R in zip(players[player], torch.autograd.grad(loss, players[player]), strict=True):
                weight_R.grad = gradient_R
            optimisers[player].param_groups[0]["lr"] = rates[player] * (1 - step / options.steps)
            optimisers[player].step()
    for i, duel in enumerate(duels):
        duel.load_state_dict({name: stacked_R[i] for name, stacked_R in {**weights_R, **buffers_R}.items()})
    return [duel.model for duel in duels]
