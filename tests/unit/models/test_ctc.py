"""CTC: the marginal against brute force and PyTorch, its gradient, and outputs that do not fit."""

import itertools
import math

import pytest
import torch
from torch.nn import functional as F

from beyond_mle.errors import UserError
from beyond_mle.models.ctc import CTC, log_marginal, positions_needed
from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import TextBatch, TextSpec

SIZES = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
SOURCE = torch.tensor([[5, 6, 7, EOS, PAD], [4, 8, 9, 10, EOS], [9, EOS, PAD, PAD, PAD]])
TARGET = torch.tensor([[9, 5, 5, 9], [7, PAD, PAD, PAD], [5, 6, 5, PAD]])
BATCH = TextBatch(SOURCE, TARGET)


def ctc(vocabulary_size: int = 11, **options) -> CTC:
    torch.manual_seed(0)
    return CTC(CTC.Options(**SIZES | options), TextSpec(vocabulary_size)).double().eval()


def collapsed(alignment) -> tuple[int, ...]:
    """Merge repeats, then drop blanks."""
    return tuple(symbol for symbol, _ in itertools.groupby(alignment) if symbol != CTC.blank)


def distribution(log_prob_UV: torch.Tensor) -> dict[tuple[int, ...], float]:
    """q of every output, by enumerating all alignments."""
    outputs: dict[tuple[int, ...], float] = {}
    for alignment in itertools.product(range(EOS, log_prob_UV.shape[1]), repeat=len(log_prob_UV)):
        prob = math.exp(sum(float(log_prob_UV[u, symbol]) for u, symbol in enumerate(alignment)))
        output = collapsed(alignment)
        outputs[output] = outputs.get(output, 0.0) + prob
    return outputs


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_every_output_has_the_sum_of_its_alignments_and_all_of_them_sum_to_1(ratio: int) -> None:
    model = ctc(vocabulary_size=6, upsample_ratio=ratio)
    source = torch.tensor([[4, EOS]])
    with torch.no_grad():
        expected = distribution(model.alignment_log_probs(model.encode(source))[0])
        words = [output for length in range(2 * ratio + 1) for output in itertools.product([UNK, 4, 5], repeat=length)]
        target = torch.tensor([[*output, *[PAD] * (2 * ratio - len(output))] for output in words])
        total = model.log_prob(TextBatch(source.expand(len(words), -1), target)).total_B
    for output, log_q in zip(words, total.tolist(), strict=True):
        assert math.exp(log_q) == pytest.approx(expected.get(output, 0.0), rel=1e-5), output
    assert float(total.exp().sum()) == pytest.approx(1.0, abs=1e-9)


def test_agrees_with_pytorch_on_the_whole_vocabulary() -> None:
    model = ctc()
    results = []
    for dense in (False, True):
        if dense:
            hidden, mask = model.upsampled(model.encode(SOURCE))
            log_probs = (hidden @ model.output_weight_VD.T).log_softmax(2).transpose(0, 1)
            lengths = mask.sum(1), (TARGET != PAD).sum(1)
            total = -F.ctc_loss(log_probs, (TARGET - EOS).clamp(min=0), *lengths, blank=0, reduction="none")
        else:
            total = model.log_prob(BATCH).total_B
        weighted = (total * torch.tensor([1.0, -2.0, 0.5])).sum()
        results.append((total, torch.autograd.grad(weighted, list(model.parameters()), allow_unused=True)))
    (ours, our_gradients), (theirs, their_gradients) = results
    torch.testing.assert_close(ours, theirs)
    for got, expected in zip(our_gradients, their_gradients, strict=True):
        torch.testing.assert_close(got, expected)


def test_gradients_agree_with_finite_differences() -> None:
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]], dtype=torch.bool)
    label, length = torch.tensor([[1, 2, 2], [1, 2, 1], [3, 0, 0]]), torch.tensor([3, 3, 1])
    score = torch.randn(3, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: log_marginal(s, label, mask, length), score)


def test_the_mean_for_label_smoothing_is_over_positions_and_symbols() -> None:
    model = ctc()
    log_prob = model.log_prob(BATCH)
    hidden, mask = model.upsampled(model.encode(SOURCE))
    mean_BU = (hidden @ model.output_weight_VD.T).log_softmax(2).mean(2)
    for row in range(3):
        expected = mean_BU[row, mask[row]].mean()
        torch.testing.assert_close(log_prob.uniform_B[row] / (log_prob.length_B[row] + 2), expected)


def test_an_output_that_does_not_fit_has_probability_0_and_no_gradient() -> None:
    model = ctc()
    source = torch.tensor([[9, EOS]]).expand(4, -1)  # 4 positions
    target = torch.tensor([[5, 6, 5, 7, PAD], [5, 5, 7, 7, PAD], [4, 5, 6, 7, 8], [5, 5, 5, PAD, PAD]])
    total = model.log_prob(TextBatch(source, target)).total_B
    assert total.isneginf().tolist() == [False, True, True, True]
    gradients = torch.autograd.grad(total[1:].sum(), list(model.parameters()), allow_unused=True, retain_graph=True)
    assert all(gradient is None or (gradient == 0).all() for gradient in gradients)
    with_impossible = torch.autograd.grad(total.sum(), list(model.parameters()), allow_unused=True, retain_graph=True)
    alone = torch.autograd.grad(total[0], list(model.parameters()), allow_unused=True)
    for got, expected in zip(with_impossible, alone, strict=True):
        torch.testing.assert_close(got, expected)


def test_equal_neighbours_need_a_blank_between_them() -> None:
    target = torch.tensor([[5, 6, 5, 7], [5, 5, 5, PAD], [PAD] * 4, [4, 4, 5, PAD]])
    assert positions_needed(target).tolist() == [4, 5, 0, 4]


def test_padding_and_order_do_not_matter() -> None:
    model = ctc()
    whole, entropy = model.log_prob(BATCH), model.entropy(BATCH)
    order = torch.tensor([2, 0, 1])
    moved = TextBatch(F.pad(SOURCE, (0, 4))[order], F.pad(TARGET, (0, 3))[order])
    torch.testing.assert_close(model.log_prob(moved).total_B, whole.total_B[order])
    torch.testing.assert_close(model.log_prob(moved).uniform_B, whole.uniform_B[order])
    torch.testing.assert_close(model.entropy(moved)[0], entropy[0][order])
    for row in range(3):
        source, target = SOURCE[row][SOURCE[row] != PAD], TARGET[row][TARGET[row] != PAD]
        alone = model.log_prob(TextBatch(source[None], target[None]))
        torch.testing.assert_close(alone.total_B[0], whole.total_B[row])
        torch.testing.assert_close(alone.uniform_B[0], whole.uniform_B[row])


def test_entropy_is_that_of_all_upsampled_positions() -> None:
    model = ctc()
    total, count = model.entropy(BATCH)
    assert count.tolist() == [8, 10, 4]
    log_probs = model.alignment_log_probs(model.encode(SOURCE))
    expected = torch.distributions.Categorical(logits=log_probs).entropy().sum(1)  # 0 where blank is certain
    torch.testing.assert_close(total.double(), expected.double(), rtol=1e-5, atol=1e-5)


def test_positions_give_every_id_but_pad_and_bos_and_blank_behind_the_end() -> None:
    model = ctc()
    log_probs = model.alignment_log_probs(model.encode(SOURCE))
    assert log_probs.shape == (3, 10, 11)
    assert torch.isneginf(log_probs[:, :, [PAD, BOS]]).all()
    torch.testing.assert_close(log_probs.exp().sum(2), torch.ones(3, 10), check_dtype=False)
    assert (log_probs[2, 4:, CTC.blank] == 0).all()
    assert (log_probs[2, :4, CTC.blank] < 0).all()


def test_bfloat16_autocast_leaves_the_sum_in_float32() -> None:
    model = ctc().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = model.log_prob(BATCH)
    assert low.total_B.dtype == low.uniform_B.dtype == torch.float32
    torch.testing.assert_close(low.total_B, model.log_prob(BATCH).total_B, rtol=0.05, atol=0.2)


def test_too_long_a_source_is_named() -> None:
    with pytest.raises(UserError, match=r"source of 9 tokens, upsampled 2 times, exceeds .* max_positions = 16"):
        ctc().log_prob(TextBatch(torch.full((1, 9), 5), TARGET[:1]))
