"""The variational auto-encoder of sentences: a distribution over strings, for each z and over all."""

import itertools

import pytest
import torch

from beyond_mle.decoding.latent_sampling import LatentSampling
from beyond_mle.models.text_vae import TextVAE
from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import TextBatch, TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS]])
BATCH = TextBatch(SOURCE, torch.tensor([[9, 5, 6], [7, PAD, PAD]]))


def make(vocabulary_size: int = 11, **options) -> TextVAE:
    torch.manual_seed(0)
    return TextVAE(TextVAE.Options(**SIZES, **options), TextSpec(vocabulary_size)).double().eval()


@pytest.fixture(params=[True, False], ids=["conditional", "from z alone"])
def model(request: pytest.FixtureRequest) -> TextVAE:
    return make(latent=2, conditional=request.param)


def test_the_source_counts_only_where_it_is_a_condition(model: TextVAE) -> None:
    other = TextBatch(SOURCE.flip(0), BATCH.target_BT)
    same = torch.allclose(model.log_prob(BATCH).total_B, model.log_prob(other).total_B)
    assert same != model.options.conditional


def test_every_parameter_is_used(model: TextVAE) -> None:
    gradients = torch.autograd.grad(model.log_prob(BATCH).total_B.sum(), list(model.parameters()), allow_unused=True)
    assert all(gradient is not None for gradient in gradients)


def test_steps_given_z_multiply_to_log_q_given_z(model: TextVAE) -> None:
    latent_BK = torch.randn(2, 2, dtype=torch.float64)
    given = model.given(latent_BK)
    state, fed, total = given.start(SOURCE, 4), torch.full((2,), BOS), torch.zeros(2)
    for wanted in torch.tensor([[9, 5, 6, EOS], [7, EOS, PAD, PAD]]).T:
        log_q = given.step(fed, state)
        total += log_q.gather(1, wanted[:, None])[:, 0].where(wanted != PAD, 0)
        fed = wanted
    expected = model.log_prob_given(BATCH, latent_BK[None]).total_B[0]
    torch.testing.assert_close(total.double(), expected, rtol=1e-5, atol=1e-5)


def test_a_common_z_is_that_of_each_item(model: TextVAE) -> None:
    latent_R1K = torch.randn(3, 1, 2, dtype=torch.float64)
    together, apart = (model.log_prob_given(BATCH, z) for z in (latent_R1K, latent_R1K.expand(3, 2, 2)))
    torch.testing.assert_close(together.total_B, apart.total_B)
    assert together.length_B.tolist() == [3, 1]


@pytest.fixture(scope="module")
def listed() -> tuple[TextVAE, TextBatch]:
    """A model that ends soon, and all that it says in up to five words of a vocabulary of two."""
    model = make(vocabulary_size=5, latent=1)
    end = model.transformer.embedding.token.weight[EOS]
    with torch.no_grad():
        model.transformer.norm.bias += 4 * end / end.square().sum()
        model.memory.weight *= 4
    outputs = [words for length in range(6) for words in itertools.product([UNK, 4], repeat=length)]
    target = torch.full((len(outputs), 5), PAD)
    for row, words in enumerate(outputs):
        target[row, : len(words)] = torch.tensor(words, dtype=torch.long)
    return model, TextBatch(SOURCE[:1].clamp(max=4).expand(len(outputs), -1), target)


def test_it_is_a_distribution_of_which_log_prob_is_a_bound(listed) -> None:
    model, batch = listed
    with torch.no_grad():
        exact, bound = model.marginal_log_prob(batch, fewer=4), model.log_prob(batch)
        weighted = model.importance_weighted_log_prob(batch, 400, torch.Generator().manual_seed(1))
    assert exact.total_B.exp().sum().item() == pytest.approx(1, abs=0.02)  # the rest are longer outputs
    assert exact.total_B.exp().sum().item() <= 1 + 1e-6
    assert (bound.total_B < exact.total_B + 1e-9).all()
    assert (exact.total_B - bound.total_B).max() > 0.01
    torch.testing.assert_close(weighted.total_B, exact.total_B, rtol=0, atol=0.1)


def test_samples_have_the_frequencies_of_the_marginal(listed) -> None:
    model, batch = listed
    decoder = LatentSampling(LatentSampling.Options())
    drawn = decoder.decode(model, batch.source_BS[:1].expand(4000, -1), torch.Generator().manual_seed(1))
    with torch.no_grad():
        q = model.marginal_log_prob(batch, fewer=4).total_B.exp().tolist()
    for row in range(7):
        words = [token for token in batch.target_BT[row].tolist() if token != PAD]
        share = sum(output == words for output in drawn) / 4000
        assert share == pytest.approx(q[row], abs=4 * (q[row] / 4000) ** 0.5 + 1e-3)
