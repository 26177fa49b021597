import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.text.padding import pad, unpad


@given(st.lists(st.lists(st.integers(1, 99), max_size=6), min_size=1, max_size=6))
def test_unpad_undoes_pad(sequences):
    assert unpad(pad(sequences)) == sequences


def test_what_follows_the_first_pad_is_dropped():
    assert unpad(torch.tensor([[5, 0, 7], [0, 4, 4]])) == [[5], []]
