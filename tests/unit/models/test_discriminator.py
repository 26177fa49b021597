"""Discriminators: what they see, and which kind of data has which."""

import pytest
import torch
from torch.nn import functional as F

from beyond_mle.errors import UserError
from beyond_mle.models.discriminator import PointDiscriminator, TextDiscriminator, discriminator
from beyond_mle.symbols import EOS, PAD
from beyond_mle.types import FiniteSpec, Points, TextBatch, TextSpec, VectorSpec

SMALL = dict(width=16, heads=2, feedforward=32, layers=1, max_positions=16)
TEXT, PLANE = TextSpec(6), VectorSpec(2)


@pytest.mark.parametrize(("spec", "kind"), [(TEXT, TextDiscriminator), (PLANE, PointDiscriminator)])
def test_each_kind_of_data_has_its_own(spec, kind):
    assert isinstance(discriminator({"width": 8}, spec), kind)


def test_other_data_have_none():
    with pytest.raises(UserError, match="no discriminator for data of the kind FiniteSpec"):
        discriminator({}, FiniteSpec(((0,), (1,))))


@pytest.mark.parametrize(
    ("options", "spec", "message"),
    [
        ({"layer": 2}, TEXT, "unknown config key 'discriminator.layer': did you mean 'layers'"),
        ({"heads": 2}, PLANE, "unknown config key 'discriminator.heads'"),
        ({"width": 0}, PLANE, "config key 'discriminator.width' = 0"),
    ],
)
def test_a_wrong_option_is_named(options, spec, message):
    with pytest.raises(UserError, match=message):
        discriminator(options, spec)


def text_discriminator():
    torch.manual_seed(0)
    return discriminator(SMALL, TEXT).double()


def test_it_sees_the_whole_pair_and_no_padding():
    judge = text_discriminator()
    source, target = torch.tensor([[4, 5, EOS], [5, EOS, PAD]]), torch.tensor([[4, 5], [5, PAD]])
    logits = judge(TextBatch(source, target))
    torch.testing.assert_close(judge(TextBatch(F.pad(source, (0, 2)), F.pad(target, (0, 3)))), logits)
    torch.testing.assert_close(judge(TextBatch(source[1:, :2], target[1:, :1])), logits[1:])
    torch.testing.assert_close(judge(TextBatch(source.flip(0), target.flip(0))), logits.flip(0))
    changes = [([[4, 4, EOS]], [[4, 5]]), ([[4, 5, EOS]], [[5, 4]]), ([[4, 5, EOS]], [[4]]), ([[4, EOS]], [[5, 5]])]
    others = [judge(TextBatch(*map(torch.tensor, change))).item() for change in changes]
    assert len({round(value, 6) for value in (*others, logits[0].item())}) == 5


def test_an_empty_target_is_a_pair_too():
    judge, source = text_discriminator(), torch.tensor([[4, 5, EOS]])
    nothing = judge(TextBatch(source, torch.zeros(1, 0, dtype=torch.long)))
    assert nothing.isfinite().all()
    torch.testing.assert_close(nothing, judge(TextBatch(source, torch.full((1, 3), PAD))))


def test_logits_are_in_single_precision_at_least():
    batch = TextBatch(torch.tensor([[4, EOS]]), torch.tensor([[5]]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert discriminator(SMALL, TEXT)(batch).dtype == torch.float32


def test_a_pair_beyond_its_positions_is_named():
    with pytest.raises(UserError, match="max_positions = 16"):
        text_discriminator()(TextBatch(torch.full((1, 9), 4), torch.full((1, 9), 5)))


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_points_of_any_dimension_and_precision_are_judged_one_by_one(dimensions):
    judge = discriminator({"width": 4}, VectorSpec(dimensions))
    points = torch.randn(7, dimensions, dtype=torch.float64)
    logits = judge(Points(points))
    assert logits.shape == (7,)
    torch.testing.assert_close(logits[3:4], judge(Points(points[3:4])))
