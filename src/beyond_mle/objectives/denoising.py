"""Noise prediction, the objective L_simple of denoising diffusion (Ho et al. 2020)."""

from typing import Any, ClassVar

import torch

from beyond_mle.capabilities import Denoiser, Minibatches, Need
from beyond_mle.card import Card
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Points, Spec


@OBJECTIVES.register("denoising")
class Denoising:
    """E‖ε − ε_θ(x_t, t)‖² over points, noise ε and equally likely steps t.

    Maximum likelihood, `mle`, of the same model is the variational bound, which weighs the steps otherwise: the last
    steps of denoising most. With a network that can be anything both lead to the same ε_θ.
    """

    card = Card(
        minimises="E‖ε − ε_θ(x_t, t)‖²",
        proper=True,
        optimum="P, as steps become many and the network can be anything",
        leans="covers",
    )

    Options = BaseOptions
    needs: ClassVar[tuple[Need, ...]] = (Denoiser, Minibatches)

    def __init__(self, options: BaseOptions, spec: Spec):
        self.options = options

    def losses(self, model: Any, batch: Points, step: int = 0) -> dict[str, Loss]:
        """The loss of a batch, with one step and noise for each point, by torch's global generator."""
        point_BD = batch.point_BD
        step_B = torch.randint(1, model.schedule.steps + 1, (len(point_BD),), device=point_BD.device)
        noise_BD = torch.randn_like(point_BD)
        total = model.schedule.squared_error(model.predict_noise, point_BD, noise_BD, step_B).sum()
        count = total.new_tensor(len(point_BD))
        return {"model": Loss(total, count, {"loss": total.detach() / count})}
