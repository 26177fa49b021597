"""A proposal beside its model, against closed forms of Gaussians."""

import pytest
import torch
from regression_worlds import Known, data, regression_subject
from torch.distributions import Normal
from worlds import from_items, measured

from beyond_mle.errors import UserError
from beyond_mle.yardsticks.proposal import Proposal

DATA = data()


class Moved:
    """p itself, its mean moved by some of its deviations; of the features, here the inputs."""

    def __init__(self, deviations: float):
        self.deviations = deviations

    def _normal(self, input_BX):
        sd_B1 = 0.15 * input_BX.sigmoid()
        return Normal(input_BX.sin() + self.deviations * sd_B1, sd_B1)

    def conditional_log_prob(self, input_BX, target_BM):
        return self._normal(input_BX.double()).log_prob(target_BM.double())

    def conditional_sample(self, input_BX, n, generator=None):
        normal = self._normal(input_BX)
        return normal.mean + normal.stddev * torch.randn((len(input_BX), n), generator=generator)


class Objective:
    def __init__(self, proposal):
        self.proposal = proposal


def measure(proposal, **options):
    subject = regression_subject(DATA, Known(DATA), Objective(proposal), seed=3)
    found = measured(Proposal(Proposal.Options(**options)).measure(subject))
    assert all(score.value == pytest.approx(from_items(score)) for score in found.values())
    return {metric: score.value for (_, metric), score in found.items()}


def test_the_model_itself_is_the_best_proposal():
    found = measure(Moved(0.0))
    batch = DATA.split("test")
    assert found["proposal-kl"] == pytest.approx(0, abs=1e-6)
    assert found["effective-sample-size"] == pytest.approx(100, abs=1e-3)
    assert found["proposal-nll"] == pytest.approx(
        -DATA.conditional_log_p(batch.input_BX, batch.target_B[:, None]).mean().item(), abs=1e-6
    )


def test_a_proposal_half_a_deviation_off_has_its_known_worth():
    """KL = d²/2; the mean of w² over the squared mean of w is e^{d²}."""
    found = measure(Moved(0.5), draws=20_000)
    assert found["proposal-kl"] == pytest.approx(0.125, rel=1e-3)
    assert found["effective-sample-size"] == pytest.approx(100 * 2.718281828**-0.25, rel=0.02)


def test_without_a_learned_proposal_nothing_is_measured():
    with pytest.raises(UserError, match="there is no learned proposal"):
        measure(None)
