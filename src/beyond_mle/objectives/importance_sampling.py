"""What objectives share that draw targets from a proposal q: an EBM's normaliser by importance sampling, and q's loss.

    log Ẑ(x) = log 1/M Σ_m e^{f(x, y_m)} / q(y_m|x),   y_m ~ q(·|x)

A learned proposal is the objective's second player: a conditional density on the features that the EBM has of x, and
sends no gradient through them. It descends J_KL = mean log Ẑ with the draws held fixed (Gustafsson et al. 2022, Result
1): a self-normalised estimate of the gradient of KL from the EBM to q, with a bias of O(1/M), and of mean 0 for M = 1.
Only this gradient has a meaning: the value tends to log Z. B: items. M: draws. N: 1 + M, the true target before them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor, nn

from beyond_mle.capabilities import Conditional, Energy, Minibatches, Need, describe, implements
from beyond_mle.errors import UserError
from beyond_mle.formulas import importance
from beyond_mle.objectives.targets import TargetNoise, true_targets
from beyond_mle.options import Options, parse
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Loss, Regression, RegressionSpec


class ProposalOptions(Options):
    """The proposal, and how often it is drawn from."""

    headline: ClassVar[tuple[str, ...]] = ("samples", "components")

    samples: int = Field(default=1024, gt=0)
    """M: targets drawn for each item (official: 1024)."""
    components: int = Field(default=4, gt=0)
    """K: Gaussians of a proposal that is a mixture of them."""
    proposal: dict[str, Any] = Field(default_factory=dict)
    """The learned proposal: the `kind` of a model of regression that can be drawn from (`mdn` by default) and its
    options. What it is given as x are the features of the model that is trained."""


class NoiseOptions(ProposalOptions):
    """The proposal: learned, or noise around the true targets."""

    noise: list[PositiveFloat] = Field(default=[])
    """Standard deviations of Gaussians around the true target, in equal shares, to draw from instead of a learned
    proposal (official: 0.1 and 0.8 on the first data set, 0.4 and 3.2 on the second)."""


@dataclass(frozen=True)
class Draws:
    """The true target of each item and, behind it, M drawn ones, and what an EBM and the proposal say of them."""

    target_BN: Tensor
    energy_BN: Tensor
    """f(x, y) in nats, differentiable in the EBM's parameters."""
    log_q_BN: Tensor
    """log q(y|x) in nats, differentiable in the proposal's."""

    @property
    def log_weight_BN(self) -> Tensor:
        """f − log q, to be differentiated in the EBM's parameters."""
        return importance.log_weights(self.energy_BN, self.log_q_BN.detach())

    @property
    def log_z_B(self) -> Tensor:
        """log Ẑ of each item, to be differentiated in the EBM's parameters."""
        return importance.log_mean(self.log_weight_BN[:, 1:])

    def log_prob(self, batch: Regression) -> LogProb:
        """The EBM as an explicit model, as far as these draws can tell: f(x, y) − log Ẑ(x) of the true targets."""
        total_B = self.energy_BN[:, 0] - self.log_z_B
        return LogProb(total_B, torch.ones_like(total_B), "unnormalised")

    def proposal_kl(self) -> Loss:
        """J_KL, to be differentiated in the proposal's parameters.

        Metrics: `log_z`, its value; `effective_share`, how many draws from the EBM itself the M are worth, over M.
        """
        log_weight_BM = importance.log_weights(self.energy_BN.detach(), self.log_q_BN)[:, 1:]
        log_z_B, share_B = importance.log_mean(log_weight_BM), importance.effective_share(log_weight_BM.detach())
        metrics = {"log_z": log_z_B.detach().mean(), "effective_share": share_B.mean()}
        return Loss(log_z_B.sum(), log_z_B.new_tensor(len(log_z_B)), metrics)


class ImportanceSampling(nn.Module):
    """An EBM trained with a proposal; subclasses give `losses`."""

    Options: type[ProposalOptions] = NoiseOptions
    needs: ClassVar[tuple[Need, ...]] = (Energy, Minibatches)
    options: ProposalOptions
    proposal: Any

    def __init__(self, options: ProposalOptions, spec: RegressionSpec):
        super().__init__()
        self.options, self.spec = options, spec
        noise = options.noise if isinstance(options, NoiseOptions) else []
        self.noise = TargetNoise(noise) if noise else None
        self.proposal = None

    def make_players(self, model: Energy) -> None:
        """The proposal, on the model's features."""
        if self.noise is None:
            spec = replace(self.spec, inputs=model.feature_width)
            defaults = {"kind": "mdn", "layers": 0, "components": self.options.components}
            self.proposal = player("proposal", self.options.proposal, defaults, spec, Conditional)

    def draw(self, model: Energy, batch: Regression) -> Draws:
        """Targets of each item from the proposal, and what the model says of them and of the true ones.

        Random numbers follow torch's global generator.

        Raises:
            UserError: if a target is not a finite number.
        """
        feature_BD = model.features(batch.input_BX)
        target_B1 = true_targets(batch, feature_BD)
        q, given_BX = (self.proposal, feature_BD.detach()) if self.noise is None else (self.noise, target_B1)
        return drawn(model, feature_BD, q, given_BX, self.positives(target_B1), self.options.samples)

    def positives(self, target_B1: Tensor) -> Tensor:
        """What counts as the true targets."""
        return target_B1

    def of_proposal(self, draws: Draws) -> dict[str, Loss]:
        """The loss of the proposal, where there is one to learn."""
        return {} if self.proposal is None else {"proposal": draws.proposal_kl()}


def drawn(ebm: Energy, feature_BD: Tensor, q: Conditional, given_BX: Tensor, target_B1: Tensor, samples: int) -> Draws:
    """M targets from q for each item, and what both say of them and of the true ones.

    Args:
        ebm: whose energies are asked for.
        feature_BD: its features of the inputs.
        q: the proposal.
        given_BX: what it is given as the inputs.
        target_B1: the true targets.
        samples: M.
    """
    target_BN = torch.cat([target_B1, q.conditional_sample(given_BX, samples)], dim=1)
    return Draws(target_BN, ebm.energy(feature_BD, target_BN), q.conditional_log_prob(given_BX, target_BN))


def player(
    name: str, chosen: Mapping[str, Any], defaults: Mapping[str, Any], spec: RegressionSpec, ability: type
) -> nn.Module:
    """A model of a registered kind as a further player.

    Args:
        name: of the player, for error messages.
        chosen: its `kind` and options.
        defaults: the same where nothing is chosen; options that the kind does not have are left out.
        spec: what it is a model of.
        ability: what it must be able to do.

    Raises:
        UserError: if there is no such kind, it cannot do that, or an option is wrong.
    """
    values = {**defaults, **chosen}
    cls = MODELS[kind := values.pop("kind")]
    if not (issubclass(type(spec), cls.accepts) and implements(cls, ability)):
        raise UserError(f"{name}: model kind '{kind}' is not {describe(ability)}; choose another kind")
    known = {key: value for key, value in values.items() if key in chosen or key in cls.Options.model_fields}
    made: Any = cls(parse(cls.Options, known, name), spec)
    return made
