"""A sample of mixtures fitted one by one: each as `minima` fits it alone, and together one loss."""

from pathlib import Path

import numpy as np
import pytest
from problems import plane, problem

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl
from beyond_mle.models.gaussian_per_case import GaussianPerCase
from beyond_mle.solvers.minima import Minima, MinimaOptions
from beyond_mle.solvers.minimum_per_case import MinimumPerCase, MinimumPerCaseOptions
from beyond_mle.tasks.plane_mixtures import MixturesData, PlaneMixtures

OPTIONS = MinimumPerCaseOptions(tolerance=1e-5)


@pytest.fixture(scope="module")
def sample() -> MixturesData:
    """Seeds 21 to 23; 22 and 23 have several minima of KL[Q‖P]."""
    return PlaneMixtures(PlaneMixtures.Options(mixtures=3, seed=21)).open(Path())


def fit(data: MixturesData, folder: Path, objective: str, solver=OPTIONS, **options) -> GaussianPerCase:
    run = problem(data, "gaussian-per-case", objective, folder, **options)
    (member,) = MinimumPerCase(solver).fit(run).members
    run.model.load_state_dict(member.weights)
    return run.model


def test_maximum_likelihood_has_the_moments_of_each_mixture(sample, tmp_path):
    for part, case in zip(fit(sample, tmp_path, "mle").parts, sample.cases, strict=True):
        found = part.figures()
        assert found["sigma"] == pytest.approx(case.p.isotropic_sd, abs=1e-4)
        assert [found["mean-x"], found["mean-y"]] == pytest.approx(case.p.mean_2, abs=1e-4)


@pytest.mark.parametrize(
    ("objective", "options"), [("reverse-kl", {}), ("js", {"pi": 0.1}), ("js", {"pi": 0.5}), ("js", {"pi": 0.99})]
)
def test_each_mixture_gets_the_lowest_minimum_that_it_has_alone(objective, options, sample, tmp_path):
    """On the finer grid of the task `plane`, from all starts."""
    parts = fit(sample, tmp_path, objective, **options).parts
    for part, seed in zip(parts, (21, 22, 23), strict=True):
        alone = problem(plane(mixture_seed=seed), "isotropic-gaussian", objective, tmp_path, **options)
        alone.model.load_state_dict(Minima(MinimaOptions()).fit(alone).members[0].weights)
        assert part.figures()["sigma"] == pytest.approx(alone.model.figures()["sigma"], abs=1e-3)


def test_the_loss_is_the_mean_over_the_mixtures(sample, tmp_path):
    parts = fit(sample, tmp_path, "js", pi=0.3).parts
    (record,) = read_jsonl(tmp_path / "training.jsonl")
    objective = problem(sample, "gaussian-per-case", "js", tmp_path, pi=0.3).objective
    own = [objective.losses(part, case.whole())["model"] for part, case in zip(parts, sample.cases, strict=True)]
    assert record["loss"] == pytest.approx(np.mean([loss.total.item() for loss in own]), abs=1e-12)


def test_a_case_without_a_minimum_is_named(sample, tmp_path):
    with pytest.raises(UserError, match=r"^case 0: no local minimum found"):
        fit(sample, tmp_path, "js", MinimumPerCaseOptions(reach=1e-9))
