"""A conditional density taught by an EBM that is trained beside it (Gustafsson et al. 2022): ½ J_KL + ½ NLL.

The roles of `nce` with a learned proposal, exchanged: the density is the model that the run ends with, and at the same
time the proposal from whose draws the EBM, the second player `teacher`, learns by J_NCE.
"""

from typing import Any, ClassVar

from pydantic import Field
from torch import nn

from beyond_mle.capabilities import Conditional, Energy, Minibatches, Need
from beyond_mle.card import Card
from beyond_mle.objectives.averaging import mean_loss
from beyond_mle.objectives.importance_sampling import drawn, player
from beyond_mle.objectives.nce import ranking_loss
from beyond_mle.objectives.targets import true_targets
from beyond_mle.options import Options
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Loss, Regression, RegressionSpec


class EBMTeacherOptions(Options):
    """The teacher, and how much is learnt from it."""

    headline: ClassVar[tuple[str, ...]] = ("samples",)

    samples: int = Field(default=1024, gt=0)
    """M: targets drawn for each item (official: 1024)."""
    share: float = Field(default=0.5, gt=0, le=1)
    """Of J_KL in the loss; the rest is the NLL (official: ½)."""
    teacher: dict[str, Any] = Field(default_factory=dict)
    """The `kind` of an unnormalised model of regression (`ebm` by default) and its options."""


@OBJECTIVES.register("ebm-teacher")
class EBMTeacher(nn.Module):
    """KL from a jointly trained EBM, beside maximum likelihood: covering; proper as far as the teacher is."""

    card = Card(
        minimises="E_P[−log q]/2 + KL from a jointly trained EBM/2",
        proper=True,
        optimum="P, as far as the teacher is led there",
        leans="covers",
    )

    Options = EBMTeacherOptions
    needs: ClassVar[tuple[Need, ...]] = (Conditional, Minibatches)

    def __init__(self, options: EBMTeacherOptions, spec: RegressionSpec):
        super().__init__()
        self.options = options
        self.teacher: Any = player("teacher", options.teacher, {"kind": "ebm"}, spec, Energy)

    def losses(self, model: Any, batch: Regression, step: int = 0) -> dict[str, Loss]:
        """Of the model `share` · J_KL + (1 − `share`) · NLL, of the teacher J_NCE, on the same draws.

        Metrics: `nll` is that of the model; `loss` has the meaning of an NLL only up to log Z of the teacher.

        Raises:
            UserError: if a target is not a finite number.
        """
        feature_BD = self.teacher.features(batch.input_BX)
        target_B1 = true_targets(batch, feature_BD)
        draws = drawn(self.teacher, feature_BD, model, batch.input_BX, target_B1, self.options.samples)
        nll_B = -draws.log_q_BN[:, 0]
        kl, share = draws.proposal_kl(), self.options.share
        total = share * kl.total + (1 - share) * nll_B.sum()
        metrics = {"loss": total.detach() / kl.count, "nll": nll_B.detach().mean(), **kl.metrics}
        taught = mean_loss(ranking_loss(draws))
        return {
            "model": Loss(total, kl.count, metrics),
            "teacher": Loss(taught.total, taught.count, {"teacher_loss": taught.metrics["loss"]}),
        }
