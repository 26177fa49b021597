import numpy as np
import pytest

from beyond_mle.decoding.exact import Exact
from beyond_mle.symbols import EOS
from beyond_mle.text.padding import pad


class Listing:
    """A listed distribution for each length of source."""

    q = {2: [0.2, 0.5, 0.3], 3: [0.1, 0.45, 0.45]}  # noqa: RUF012

    def distribution(self, source):
        assert source[-1] == EOS, "the source comes without its padding"
        return [[4], [4, 5], []], np.array(self.q[len(source)])


@pytest.mark.parametrize(("source", "best"), [([7, EOS], [4, 5]), ([7, 8, EOS], [4, 5])])
def test_the_likeliest_output_and_of_equals_the_first(source, best):
    assert Exact(Exact.Options()).decode(Listing(), pad([source])) == [best]


def test_sources_of_a_batch_are_searched_one_by_one():
    model = Listing()
    model.q = {2: [1.0, 0.0, 0.0], 3: [0.0, 0.0, 1.0]}
    assert Exact(Exact.Options()).decode(model, pad([[7, 8, EOS], [7, EOS], [8, EOS]])) == [[], [4], [4]]
