from types import SimpleNamespace

import pytest
import torch

from beyond_mle.decoding.length_limit import LengthLimit
from beyond_mle.errors import UserError
from beyond_mle.options import parse


def model(longest_output: int = 100):
    return SimpleNamespace(longest_output=longest_output)


def test_limit_counts_real_source_tokens_only():
    source_BS = torch.tensor([[7, 8, 2, 0, 0], [7, 8, 9, 9, 2]])
    assert LengthLimit(max_ratio=1.5, max_extra=10).lengths(source_BS, model()).tolist() == [14, 17]


def test_defaults():
    assert LengthLimit().lengths(torch.tensor([[7, 2]]), model()).tolist() == [14]


def test_never_beyond_what_the_model_can():
    assert LengthLimit().lengths(torch.tensor([[7, 2]]), model(longest_output=5)).tolist() == [5]


@pytest.mark.parametrize("wrong", [{"max_ratio": -1}, {"max_extra": 0}])
def test_impossible_limits_are_refused(wrong):
    with pytest.raises(UserError, match=f"decoders.greedy.{next(iter(wrong))}"):
        parse(LengthLimit, wrong, "decoders.greedy")
