"""The further players of objectives on energy-based models: how they are made, and a density taught by one."""

import math

import pytest
import torch
from torch import nn

from beyond_mle.errors import UserError
from beyond_mle.models.ebm import EBM
from beyond_mle.models.mdn import MDN
from beyond_mle.objectives.ebm_teacher import EBMTeacher
from beyond_mle.objectives.is_ml import ISML
from beyond_mle.objectives.nce import NCE
from beyond_mle.registry import OBJECTIVES
from beyond_mle.types import Regression, RegressionSpec

SPEC = RegressionSpec(inputs=2, low=-6.0, high=6.0)


def batch(n: int = 20) -> Regression:
    generator = torch.Generator().manual_seed(0)
    return Regression(torch.randn(n, 2, generator=generator), torch.randn(n, generator=generator))


def with_players(kind, **options):
    """An EBM and the objective, with the players that it makes for it."""
    torch.manual_seed(0)
    model = EBM(EBM.Options(width=7), SPEC)
    objective = kind(kind.Options(samples=5, **options), SPEC)
    objective.make_players(model)
    return model, objective


# Proposals


def test_the_proposal_is_a_mixture_on_the_features_of_the_model():
    model, objective = with_players(NCE, components=3)
    assert isinstance(objective.proposal, MDN)
    assert [name for name, _ in objective.named_children()] == ["proposal"]
    log_weight_BK, *_ = objective.proposal._mixture(model.features(batch().input_BX))
    assert log_weight_BK.shape == (20, 3)


def test_the_model_learns_nothing_through_the_features_that_the_proposal_sees():
    """Nor does the proposal see more of the model than its features."""
    model, objective = with_players(NCE)
    losses = objective.losses(model, batch())
    for player, other in (("model", objective.proposal), ("proposal", model)):
        found = torch.autograd.grad(
            losses[player].total, list(other.parameters()), allow_unused=True, retain_graph=True
        )
        assert all(gradient is None for gradient in found)


def test_any_conditional_density_can_be_the_proposal():
    options = {"kind": "ebm-quadrature", "width": 3, "points": 50}
    model, objective = with_players(ISML, proposal=options, components=9)
    assert type(objective.proposal).__name__ == "EBMQuadrature"
    assert set(objective.losses(model, batch())) == {"model", "proposal"}


def test_with_noise_around_the_targets_there_is_no_second_player():
    model, objective = with_players(NCE, noise=[0.3])
    assert objective.proposal is None
    assert dict(objective.named_children()) == {}
    assert set(objective.losses(model, batch())) == {"model"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "ebm"}, "proposal: model kind 'ebm' is not a density of y given x; choose another kind"),
        ({"kind": "tabular"}, "proposal: model kind 'tabular' is not a density of y given x"),
        ({"kind": "mdm"}, "there is no model kind 'mdm': did you mean 'mdn'"),
        ({"widht": 3}, "unknown config key 'proposal.widht': did you mean 'width'"),
        ({"width": 0}, "config key 'proposal.width' = 0"),
    ],
)
def test_what_cannot_be_a_proposal_is_one_line(options, message):
    with pytest.raises(UserError, match=message):
        with_players(NCE, proposal=options)


@pytest.mark.parametrize("kind", ["is-ml", "is-convex-exp", "nce", "kld-is"])
def test_a_target_that_the_proposal_holds_impossible_gives_finite_losses(kind):
    """In single precision, and at the least width of its components."""
    model, objective = with_players(OBJECTIVES[kind], components=1)
    with torch.no_grad():
        objective.proposal.log_sds[-1].bias.fill_(-1e4)
    targets = batch().target_B + 1e3
    losses = objective.losses(model, Regression(batch().input_BX, targets))
    for loss, module in ((losses["model"], model), (losses["proposal"], objective.proposal)):
        assert all(value.isfinite() for value in loss.metrics.values())
        found = torch.autograd.grad(loss.total, list(module.parameters()), allow_unused=True, retain_graph=True)
        assert all(gradient.isfinite().all() for gradient in found if gradient is not None)


# A density taught by an EBM


class Teacher(EBMTeacher):
    """With players that are given."""

    def __init__(self, teacher: nn.Module, **options):
        super().__init__(EBMTeacher.Options(**options), SPEC)
        self.teacher = teacher


ONE = Regression(torch.zeros(4000, 1), torch.zeros(4000))


def gradient(loss, module) -> torch.Tensor:
    (found,) = torch.autograd.grad(loss.total / loss.count, [module.numbers], retain_graph=True)
    return found


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_taught_density_follows_both_the_teacher_and_the_data(share, gaussian_ebm, normal_proposal):
    """The teacher is N(0, 1), all targets are 0, the density is N(1, 1.5²)."""
    torch.manual_seed(0)
    student = normal_proposal()
    losses = Teacher(gaussian_ebm(), samples=512, share=share).losses(student, ONE)
    mean, sd = student.numbers
    kl, nll = sd.log() + (1 + mean**2) / (2 * sd**2), sd.log() + mean**2 / (2 * sd**2)
    (expected,) = torch.autograd.grad(share * kl + (1 - share) * nll, [student.numbers])
    torch.testing.assert_close(gradient(losses["model"], student), expected, rtol=0, atol=0.003)
    assert losses["model"].metrics["nll"].item() == pytest.approx(nll.item() + math.log(2 * math.pi) / 2)


def test_the_teacher_learns_by_nce_with_the_density_as_its_noise(gaussian_ebm, normal_proposal):
    """As the model does where the density is the proposal: on the same draws by the same loss."""
    teacher, student = gaussian_ebm(), normal_proposal()
    objective = NCE(NCE.Options(samples=3), SPEC)
    objective.proposal = student
    found = []
    for kind, model, player in ((objective, teacher, "model"), (Teacher(teacher, samples=3), student, "teacher")):
        torch.manual_seed(4)
        found.append(gradient(kind.losses(model, ONE)[player], teacher))
    assert torch.equal(*found)


def test_neither_of_them_moves_the_other(gaussian_ebm, normal_proposal):
    teacher, student = gaussian_ebm(), normal_proposal()
    losses = Teacher(teacher, samples=3).losses(student, ONE)
    for player, other in (("model", teacher), ("teacher", student)):
        assert torch.autograd.grad(losses[player].total, [other.numbers], allow_unused=True)[0] is None


def test_only_an_unnormalised_model_can_teach():
    with pytest.raises(UserError, match="teacher: model kind 'mdn' is not an unnormalised density of y given x"):
        EBMTeacher(EBMTeacher.Options(teacher={"kind": "mdn"}), SPEC)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_target_that_is_no_number_is_an_error(wrong, gaussian_ebm, normal_proposal):
    with pytest.raises(UserError, match="a target of the training data is not a finite number"):
        Teacher(gaussian_ebm()).losses(normal_proposal(), Regression(torch.zeros(1, 1), torch.tensor([wrong])))
