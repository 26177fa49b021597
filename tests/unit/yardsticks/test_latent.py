"""What a hidden variable is used for: against closed forms of a linear model, and on text."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from worlds import from_items, measured, subject, world

from beyond_mle.formulas.gaussian_latent import DiagonalGaussian
from beyond_mle.models.text_vae import TextVAE
from beyond_mle.models.vae import VAE
from beyond_mle.tasks.plane import Plane
from beyond_mle.yardsticks.density import DensityDistance
from beyond_mle.yardsticks.distance import Distance
from beyond_mle.yardsticks.held_out import HeldOut
from beyond_mle.yardsticks.latent import LatentUse, active_units, mutual_information
from beyond_mle.yardsticks.yardstick import Score

SD = 0.6
WEIGHT_D = torch.tensor([1.2, -0.8], dtype=torch.float64)
COVARIANCE_DD = WEIGHT_D[:, None] * WEIGHT_D + SD**2 * torch.eye(2).double()
DATA = Plane(
    Plane.Options(mixture_seed=None, covariance=tuple(map(tuple, COVARIANCE_DD.tolist())), grid_step=0.1)
).open(Path())
"""The marginal of the linear model below."""
PRECISION = 1 + WEIGHT_D.square().sum() / SD**2


def linear(encoder_mean: float = 0.0) -> VAE:
    """x = w z + s·noise with its posterior, whose mean may be moved."""
    model = VAE(VAE.Options(latent=1), DATA.spec).eval()
    model.decoder, model.encoder = nn.Linear(1, 4).double(), nn.Linear(2, 2).double()
    with torch.no_grad():
        model.decoder.weight.copy_(torch.cat([WEIGHT_D, torch.zeros(2)])[:, None])
        model.decoder.bias.copy_(torch.tensor([0, 0, math.log(SD), math.log(SD)]))
        model.encoder.weight.copy_(torch.stack([WEIGHT_D / SD**2 / PRECISION, torch.zeros(2)]))
        model.encoder.bias.copy_(torch.stack([torch.tensor(encoder_mean), -PRECISION.log() / 2]))
    return model


def values(scores) -> dict[str, Score]:
    return {metric: score for (_, metric), score in measured(scores).items()}


@pytest.fixture(scope="module")
def exact() -> dict[str, Score]:
    """What is measured of the model that is p, with its own posterior."""
    return values(LatentUse(LatentUse.Options()).measure(subject(DATA, linear(), seed=1)))


def test_of_p_itself_with_its_posterior_all_likelihoods_are_the_entropy(exact) -> None:
    entropy = (COVARIANCE_DD.logdet() / 2 + math.log(2 * math.pi) + 1).item()
    for metric in ("nll", "nll-importance", "nll-exact"):
        assert exact[metric].value == pytest.approx(entropy, abs=1e-5)
    assert exact["posterior-kl"].value == pytest.approx(0, abs=1e-5)
    assert exact["quadrature-error"].value < 1e-5


def test_what_z_says_has_a_closed_form(exact) -> None:
    """q(z) is the prior, so that the mean KL is the mutual information, ½ log det(I + wᵀw/s²)."""
    information = PRECISION.log().item() / 2
    assert exact["latent-kl"].value == pytest.approx(information, abs=1e-5)
    assert exact["mutual-information"].value == pytest.approx(information, abs=0.05)
    assert exact["active-units"].value == 1


def test_bounds_are_marked_as_bounds_and_the_integral_as_exact(exact) -> None:
    bounds = {metric for metric, score in exact.items() if score.certainty == "lower-bound"}
    assert bounds == {"nll", "nll-importance"}


def test_another_encoder_costs_its_divergence_from_the_posterior() -> None:
    found = values(LatentUse(LatentUse.Options()).measure(subject(DATA, linear(encoder_mean=0.4))))
    gap = (0.4**2 * PRECISION / 2).item()
    assert found["posterior-kl"].value == pytest.approx(gap, abs=1e-5)
    assert found["nll"].value - found["nll-exact"].value == pytest.approx(gap, abs=1e-5)
    assert found["nll-exact"].value < found["nll-importance"].value + 0.01 < found["nll"].value


def test_the_density_of_a_model_with_few_coordinates_is_exact_and_of_others_a_bound() -> None:
    found = values(DensityDistance(DensityDistance.Options()).measure(subject(DATA, linear(encoder_mean=0.4))))
    assert [found[metric].value for metric in ("kl", "reverse-kl")] == pytest.approx([0, 0], abs=1e-5)
    assert {score.certainty for score in found.values()} == {"exact"}
    torch.manual_seed(0)
    three = VAE(VAE.Options(latent=3), DATA.spec).eval()
    found = values(DensityDistance(DensityDistance.Options()).measure(subject(DATA, three)))
    assert {metric: score.certainty for metric, score in found.items()} == {"kl": "lower-bound"}
    latent = values(LatentUse(LatentUse.Options()).measure(subject(DATA, three)))
    assert not {"nll-exact", "posterior-kl", "quadrature-error"} & set(latent)


def test_items_that_z_names_have_the_information_of_their_number() -> None:
    place_B = 10.0 * torch.arange(8, dtype=torch.float64)[:, None]
    weight_B = torch.full((8,), 1 / 8, dtype=torch.float64)
    apart = DiagonalGaussian(place_B, torch.zeros_like(place_B))
    generator = torch.Generator().manual_seed(1)
    assert mutual_information(apart, weight_B, 8, 5, generator) == pytest.approx(math.log(8), abs=1e-4)
    together = DiagonalGaussian(torch.zeros_like(place_B), torch.zeros_like(place_B))
    assert mutual_information(together, weight_B, 8, 5, generator) == pytest.approx(0, abs=1e-12)
    assert active_units(torch.cat([place_B, torch.zeros_like(place_B)], dim=1), weight_B) == 1


@pytest.fixture
def on_text(tmp_path: Path):
    data = world(tmp_path)
    torch.manual_seed(0)
    sizes = dict(width=8, heads=2, feedforward=16, encoder_layers=1, decoder_layers=1, max_positions=16)
    return subject(data, TextVAE(TextVAE.Options(latent=2, **sizes), data.spec).eval(), seed=1)


def test_on_text_it_is_a_mean_over_the_references(on_text) -> None:
    found = values(LatentUse(LatentUse.Options()).measure(on_text))
    assert set(found) == {"nll-importance", "latent-kl", "mutual-information", "active-units"}
    for metric in ("nll-importance", "latent-kl"):
        assert found[metric].items_IF.shape == (3,)
        assert from_items(found[metric]) == pytest.approx(found[metric].value)
    batch = on_text.data.pairs("test").batch(torch.arange(3).numpy())
    with torch.no_grad():
        kl_B = on_text.model.log_prob(batch).latent_kl_B
    assert found["latent-kl"].items_IF == pytest.approx(kl_B.numpy(), abs=1e-5)


def test_what_is_made_of_the_bound_is_marked_as_a_bound(on_text) -> None:
    nll = values(HeldOut(HeldOut.Options()).measure(on_text))
    assert {nll[metric].certainty for metric in ("nll", "nll-token")} == {"lower-bound"}
    distance = values(Distance(Distance.Options()).measure(on_text))
    assert {score.certainty for score in distance.values()} == {"lower-bound"}
