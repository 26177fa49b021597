"""Per-token probabilities: the chunked function against dense autograd, and every model that gives them."""

import copy

import pytest
import torch
from torch import Tensor

from beyond_mle.capabilities import PerToken, describe, implements
from beyond_mle.models import token_distribution as module
from beyond_mle.models.string_network import StringNetwork
from beyond_mle.models.token_distribution import token_distribution
from beyond_mle.registry import MODELS
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.types import FiniteSpec, Strings, TextBatch, TextSpec, TokenLogProb, TokenRequest

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
VOCABULARY = 11
SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS], [9, EOS, PAD, PAD, PAD]])
TARGET = torch.tensor([[9, 5, 5, 9], [7, PAD, PAD, PAD], [5, 6, 5, PAD]])
BATCH = TextBatch(SOURCE, TARGET)
TEXT_MODELS = ["transformer", "vanilla-nat", "cmlm"]
EACH_TEXT_MODEL = pytest.mark.parametrize("kind", TEXT_MODELS)


def text_model(kind: str, vocabulary_size: int = VOCABULARY):
    torch.manual_seed(0)
    return MODELS[kind](MODELS[kind].Options(**SIZES), TextSpec(vocabulary_size)).double().eval()


def string_network() -> StringNetwork:
    torch.manual_seed(0)
    support = ((0,), (1,), (0, 0), (0, 2), (1, 1), (1, 2))
    return StringNetwork(StringNetwork.Options(width=5), FiniteSpec(support))


def dense(hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor, word_NW: Tensor) -> tuple[Tensor, ...]:
    """The same values from the whole [N, V] tensor."""
    log_q = (hidden_ND @ weight_VD.T).log_softmax(1)
    word_log_q = log_q.gather(1, word_NW.clamp(min=0)).masked_fill(word_NW < 0, -torch.inf)
    return log_q.gather(1, target_N[:, None])[:, 0], word_log_q, log_q.exp().square().sum(1), entropy_of(log_q)


def entropy_of(log_q: Tensor) -> Tensor:
    return -(log_q.exp() * log_q).sum(-1)


@pytest.fixture
def problem(monkeypatch: pytest.MonkeyPatch) -> tuple[Tensor, ...]:
    """Several chunks, the last one shorter; a word chosen twice, one that is the target, one that cannot be."""
    monkeypatch.setattr(module, "CHUNK", 3)
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(10, 4, generator=generator, dtype=torch.float64).requires_grad_()
    weight = torch.randn(6, 4, generator=generator, dtype=torch.float64).requires_grad_()
    target = torch.randint(6, (10,), generator=generator)
    words = torch.randint(6, (10, 5), generator=generator)
    words[:, 1], words[:, 2], words[::2, 3] = words[:, 0], target, -1
    return hidden, weight, target, words


def test_values_and_gradients_are_those_of_dense_autograd(problem) -> None:
    hidden, weight, *_ = problem
    got = token_distribution(*problem, collision=True, entropy=True)
    for ours, reference in zip(got, dense(*problem), strict=True):
        torch.testing.assert_close(ours, reference)
    generator = torch.Generator().manual_seed(1)
    factors = [torch.randn(value.shape, generator=generator, dtype=torch.float64) for value in got]
    for chosen in ([0], [1], [2], [3], [0, 1, 2, 3]):
        sums = [
            sum((values[i].where(values[i].isfinite(), 0) * factors[i]).sum() for i in chosen)
            for values in (got, dense(*problem))
        ]
        ours, reference = (torch.autograd.grad(total, (hidden, weight), retain_graph=True) for total in sums)
        for pair in zip(ours, reference, strict=True):
            torch.testing.assert_close(*pair)


def test_only_what_is_asked_for_is_computed(problem) -> None:
    hidden, weight, target, _ = problem
    log_q, *rest = token_distribution(hidden, weight, target)
    assert rest == [None, None, None]
    torch.testing.assert_close(log_q, dense(*problem)[0])
    (gradient,) = torch.autograd.grad(log_q.sum(), hidden)
    torch.testing.assert_close(gradient, torch.autograd.grad(dense(*problem)[0].sum(), hidden)[0])


def test_no_positions_give_no_values(problem) -> None:
    _, weight, *_ = problem
    hidden, target = weight.new_zeros(0, 4, requires_grad=True), torch.zeros(0, dtype=torch.long)
    values = token_distribution(hidden, weight, target, target[:, None], collision=True, entropy=True)
    assert [tuple(value.shape) for value in values] == [(0,), (0, 1), (0,), (0,)]
    gradients = torch.autograd.grad(sum(value.sum() for value in values), (hidden, weight))
    assert not gradients[1].any()


def test_certain_tokens_have_finite_gradients() -> None:
    """q = 1 and q = 0 in single precision."""
    hidden = torch.tensor([[200.0], [-200.0]], requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0], [0.0]], requires_grad=True)
    values = token_distribution(hidden, weight, torch.tensor([0, 0]), collision=True, entropy=True)
    torch.testing.assert_close(values[0].exp(), torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(values[2], torch.ones(2))
    gradients = torch.autograd.grad(values[0].sum() + values[2].sum() + values[3].sum(), (hidden, weight))
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_nothing_as_large_as_positions_times_vocabulary_is_kept() -> None:
    vocabulary = 3000
    model = text_model("transformer", vocabulary).float()
    batch = TextBatch(SOURCE[:1].expand(200, -1), torch.randint(4, vocabulary, (200, 15)))
    saved: list[int] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        request = TokenRequest(collision=True, entropy=True, word_BTW=torch.tensor([4, 5]))
        token = model.token_log_prob(batch, request)
    assert token.log_q_BT.shape == (200, 16)
    assert max(saved) < 200 * 16 * vocabulary / 20
    (token.log_q_BT.sum() + token.collision_BT.sum() + token.entropy_BT.sum()).backward()


def assert_sums_to_log_prob(token: TokenLogProb, log_prob) -> None:
    torch.testing.assert_close(token.log_q_BT.where(token.mask_BT, 0).sum(1), log_prob.total_B)
    assert torch.equal(token.length_B, log_prob.length_B)
    assert token.boundary == log_prob.boundary
    if log_prob.length_log_prob_B is None:
        assert token.length_log_prob_B is None
    else:
        torch.testing.assert_close(token.length_log_prob_B, log_prob.length_log_prob_B)


@EACH_TEXT_MODEL
def test_tokens_sum_to_log_prob_of_the_text_models(kind: str) -> None:
    model = text_model(kind)
    token = model.token_log_prob(BATCH)
    assert_sums_to_log_prob(token, model.log_prob(BATCH))
    assert token.hidden is None
    assert token.mask_BT.sum(1).tolist() == [
        4 + (kind == "transformer"),
        1 + (kind == "transformer"),
        3 + (kind == "transformer"),
    ]


def test_tokens_sum_to_log_prob_of_the_string_network() -> None:
    model, batch = string_network(), Strings(torch.tensor([3, 0, 5, 3]))
    assert_sums_to_log_prob(model.token_log_prob(batch), model.log_prob(batch))


@pytest.mark.parametrize("seed", range(3))
def test_in_training_a_cmlm_gives_all_tokens_and_apart_the_hidden_ones(seed: int) -> None:
    model = text_model("cmlm").train()
    torch.manual_seed(seed)
    log_prob = model.log_prob(BATCH)
    torch.manual_seed(seed)
    token = model.token_log_prob(BATCH)
    assert_sums_to_log_prob(token, log_prob)
    assert_sums_to_log_prob(token.hidden, log_prob.hidden)


@EACH_TEXT_MODEL
def test_requests_of_the_text_models_agree_with_the_whole_distribution(kind: str) -> None:
    model = text_model(kind)
    hidden_BTD, _, mask_BT = model.predictions(model.encoder(SOURCE), TARGET)
    log_q_BTV = (hidden_BTD @ model.output_weight_VD.T).log_softmax(2)
    words = torch.tensor([7, BOS, 10])
    token = model.token_log_prob(BATCH, TokenRequest(collision=True, entropy=True, word_BTW=words))
    torch.testing.assert_close(token.collision_BT[mask_BT], log_q_BTV.exp().square().sum(2)[mask_BT])
    torch.testing.assert_close(token.entropy_BT[mask_BT], entropy_of(log_q_BTV)[mask_BT])
    rows = words[[0, 2]] - model.first_output
    torch.testing.assert_close(token.word_log_q_BTW[mask_BT][:, [0, 2]], log_q_BTV[:, :, rows][mask_BT])
    assert torch.isneginf(token.word_log_q_BTW[mask_BT][:, 1]).all()
    per_item = TokenRequest(word_BTW=words.expand(3, 1, 3))
    assert torch.equal(model.token_log_prob(BATCH, per_item).word_log_q_BTW, token.word_log_q_BTW)


def test_requests_of_the_string_network_agree_with_its_strings() -> None:
    """Of the strings 0, 1, 00, 02, 11, 12 the first symbol's probabilities, by summation."""
    model = string_network()
    q_N = model.log_prob(Strings(torch.arange(6))).total_B.exp()
    first_V = torch.stack([q_N[[0, 2, 3]].sum(), q_N[[1, 4, 5]].sum()])
    request = TokenRequest(collision=True, entropy=True, word_BTW=torch.tensor([0, 1, 2]))
    token = model.token_log_prob(Strings(torch.tensor([4, 0])), request)
    for row in range(2):
        torch.testing.assert_close(token.collision_BT[row, 0], first_V.square().sum())
        torch.testing.assert_close(token.entropy_BT[row, 0], entropy_of(first_V.log()))
        torch.testing.assert_close(
            token.word_log_q_BTW[row, 0], torch.cat([first_V.log(), first_V.new_tensor([-torch.inf])])
        )
    # After 11 only the end can come.
    torch.testing.assert_close(token.collision_BT[0, 2], torch.ones((), dtype=torch.float64))
    total = token.collision_BT.sum() + token.entropy_BT.sum() + token.word_log_q_BTW[:, 0, :2].sum()
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(total, list(model.parameters())))


def test_padding_and_single_precision_do_not_matter() -> None:
    request = TokenRequest(collision=True, entropy=True)
    for kind in TEXT_MODELS:
        model = text_model(kind)
        whole, alone = (model.token_log_prob(b, request) for b in (BATCH, TextBatch(SOURCE[2:, :2], TARGET[2:, :3])))
        single = copy.deepcopy(model).float().token_log_prob(BATCH, request)
        for name in ("log_q_BT", "collision_BT", "entropy_BT"):
            value = getattr(whole, name)
            torch.testing.assert_close(value[2][whole.mask_BT[2]], getattr(alone, name)[alone.mask_BT])
            torch.testing.assert_close(getattr(single, name).double(), value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", list(MODELS))
def test_who_offers_it(kind: str) -> None:
    language_models = ("string-network", "hidden-markov", "bigram")
    assert implements(MODELS[kind], PerToken) == (kind in {*TEXT_MODELS, *language_models})
    assert describe(PerToken) == "per-token probabilities"
