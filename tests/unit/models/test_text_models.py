"""Transformer and Vanilla-NAT: layers against PyTorch's own, decoding protocols against log_prob."""

import itertools

import pytest
import torch
from torch.nn import functional as F

from beyond_mle.errors import UserError
from beyond_mle.models.layers import Attention, token_entropies, token_log_probs
from beyond_mle.models.transformer import Transformer
from beyond_mle.models.vanilla_nat import VanillaNAT, uniform_copy
from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import TextBatch, TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=2, decoder_layers=2, max_positions=16)


def transformer(vocabulary_size: int = 11) -> Transformer:
    torch.manual_seed(0)
    return Transformer(Transformer.Options(**SIZES), TextSpec(vocabulary_size)).double().eval()


def vanilla_nat(vocabulary_size: int = 11, **options) -> VanillaNAT:
    torch.manual_seed(0)
    return VanillaNAT(VanillaNAT.Options(**SIZES, **options), TextSpec(vocabulary_size)).double().eval()


SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS]])
TARGET = torch.tensor([[9, 5, 6], [7, PAD, PAD]])
BATCH = TextBatch(SOURCE, TARGET)


def test_token_log_probs_agree_with_cross_entropy_and_gradcheck(monkeypatch: pytest.MonkeyPatch) -> None:
    from beyond_mle.models import layers

    monkeypatch.setattr(layers._TokenLogProbs, "CHUNK", 3)  # several chunks, the last one shorter
    hidden = torch.randn(7, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    target = torch.randint(6, (7,))
    scores, uniform = token_log_probs(hidden, weight, target)
    log_probs = (hidden @ weight.T).log_softmax(1)
    torch.testing.assert_close(scores, -F.cross_entropy(hidden @ weight.T, target, reduction="none"))
    torch.testing.assert_close(uniform, log_probs.mean(1))
    torch.testing.assert_close(
        token_entropies(hidden, weight).double(),
        torch.distributions.Categorical(logits=log_probs).entropy(),
        rtol=1e-5,
        atol=1e-6,
    )
    assert torch.autograd.gradcheck(lambda h, w: token_log_probs(h, w, target), (hidden, weight))


def test_attention_agrees_with_torch() -> None:
    ours = Attention(16, 4).double()
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.copy_(ours.query_key_value.bias)
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    x = torch.randn(2, 5, 16, dtype=torch.float64)
    seen = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)
    expected, _ = theirs(x, x, x, key_padding_mask=~seen)
    torch.testing.assert_close(ours(x, seen[:, None, None, :]), expected)


@pytest.mark.parametrize("model", [transformer(), vanilla_nat()], ids=["transformer", "vanilla-nat"])
def test_padding_does_not_matter(model) -> None:
    whole = model.log_prob(BATCH)
    for row, (source, target) in enumerate([(SOURCE[:1, :4], TARGET[:1]), (SOURCE[1:], TARGET[1:, :1])]):
        alone = model.log_prob(TextBatch(source, target))
        torch.testing.assert_close(alone.total_B[0], whole.total_B[row])
        torch.testing.assert_close(alone.uniform_B[0], whole.uniform_B[row])
        torch.testing.assert_close(alone.joint_B[0], whole.joint_B[row])
        assert alone.length_B[0] == whole.length_B[row]


def test_cached_steps_agree_with_teacher_forcing() -> None:
    model = transformer()
    state = model.start(SOURCE, 4)
    tokens = torch.full((2,), BOS)
    total = torch.zeros(2, dtype=torch.float64)
    wanted = torch.tensor([[9, 5, 6, EOS], [7, EOS, PAD, PAD]])
    for step in range(4):
        log_probs = model.step(tokens, state)
        assert torch.isneginf(log_probs[:, [PAD, BOS]]).all()
        torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(2), check_dtype=False)
        total += torch.where(wanted[:, step] != PAD, log_probs.gather(1, wanted[:, step : step + 1])[:, 0], 0.0)
        tokens = wanted[:, step].clamp(min=BOS)
    torch.testing.assert_close(total, model.log_prob(BATCH).total_B, rtol=1e-5, atol=1e-6)


def test_states_can_be_selected_and_reordered() -> None:
    model = transformer()
    rows = torch.tensor([1, 1, 0])
    first, second = torch.full((2,), BOS), torch.tensor([4, 5])
    state = model.start(SOURCE, 4)
    model.step(first, state)
    state.select(rows)
    got = model.step(second[rows], state)
    plain = model.start(SOURCE, 4)
    model.step(first, plain)
    torch.testing.assert_close(got, model.step(second, plain)[rows])


def test_a_transformer_is_a_distribution_over_strings() -> None:
    """Over a vocabulary of <eos>, <unk> and one word: the strings up to length L and all longer ones sum to 1."""
    model = transformer(vocabulary_size=5)
    source = SOURCE[:1].clamp(max=4)
    total, longest = 0.0, 4
    for length in range(longest + 1):
        for words in itertools.product([UNK, 4], repeat=length):
            target = torch.tensor([words or [PAD]])
            total += model.log_prob(TextBatch(source, target)).total_B.exp().item()
    unfinished = 0.0
    for words in itertools.product([UNK, 4], repeat=longest):
        state = model.start(source, longest + 1)
        log_q = 0.0
        for previous, word in zip((BOS, *words), (*words, None), strict=True):
            log_probs = model.step(torch.tensor([previous]), state)[0]
            log_q += float(log_probs[word]) if word is not None else float(torch.log1p(-log_probs[EOS].exp()))
        unfinished += float(torch.tensor(log_q).exp())
    assert total + unfinished == pytest.approx(1.0, abs=1e-5)


def test_a_vanilla_nat_is_a_distribution_over_strings() -> None:
    model = vanilla_nat(vocabulary_size=6, max_length_offset=1)
    source = torch.tensor([[4, 5, EOS]])  # lengths 2, 3, 4
    total = 0.0
    for length in (2, 3, 4):
        for words in itertools.product([UNK, 4, 5], repeat=length):
            total += model.log_prob(TextBatch(source, torch.tensor([words]))).joint_B.exp().item()
    assert total == pytest.approx(1.0, abs=1e-6)


def test_one_pass_scores_agree_with_log_prob() -> None:
    model = vanilla_nat()
    encoded = model.encode(SOURCE)
    log_prob = model.log_prob(BATCH)
    lengths = model.length_log_probs(encoded)
    torch.testing.assert_close(lengths.exp().sum(1), torch.ones(2), check_dtype=False)
    assert torch.isneginf(lengths[:, 0]).all()
    torch.testing.assert_close(lengths.gather(1, log_prob.length_B[:, None])[:, 0], log_prob.length_log_prob_B)
    scores = model.token_log_probs(encoded, log_prob.length_B)
    assert torch.isneginf(scores[:, :, [PAD, BOS, EOS]]).all()
    chosen = scores.gather(2, TARGET[:, :, None].clamp(min=UNK))[:, :, 0]
    total = torch.where(TARGET != PAD, chosen, 0.0).sum(1)
    torch.testing.assert_close(total.double(), log_prob.total_B, rtol=1e-5, atol=1e-6)


def test_uniform_copy_is_the_official_one() -> None:
    """round(t·(S−1)/(T−1)); fairseq's own values for S = 5."""
    copied = uniform_copy(torch.tensor([5, 5, 5]), torch.tensor([5, 3, 9]), 9)
    assert copied[0, :5].tolist() == [0, 1, 2, 3, 4]
    assert copied[1, :3].tolist() == [0, 2, 4]
    assert copied[2].tolist() == [0, 0, 1, 2, 2, 2, 3, 4, 4]
    assert uniform_copy(torch.tensor([3]), torch.tensor([1]), 1).tolist() == [[0]]


def test_lengths_beyond_reach_count_as_the_nearest() -> None:
    model = vanilla_nat(max_length_offset=1)
    source = torch.tensor([[4, 5, EOS]])
    far = model.log_prob(TextBatch(source, torch.tensor([[4, 5, 6, 7, 8, 9]])))
    encoded = model.encode(source)
    torch.testing.assert_close(far.length_log_prob_B, model.length_log_probs(encoded)[:, 4])


def test_positions_have_a_limit_that_is_named() -> None:
    with pytest.raises(UserError, match="max_positions = 16"):
        transformer().log_prob(TextBatch(torch.full((1, 17), 5), TARGET[:1]))


def test_width_must_divide_by_heads() -> None:
    with pytest.raises(UserError, match="width 10 is not a multiple of its 4 heads"):
        Attention(10, 4)
