"""Two distributions over one list: against SciPy, and the bounds between the two measures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from beyond_mle.formulas.discrete import js, total_variation


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=2, max_size=6))
def test_js_is_scipys_and_both_bound_each_other(weights):
    p, q = (np.array(w) / sum(w) for w in zip(*weights, strict=True))
    # SciPy takes a square root, of a negative number where rounding makes equal distributions differ: nan.
    assert js(p, q) == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, abs=1e-12)
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)
    assert total_variation(p, q) == pytest.approx(1 - np.minimum(p, q).sum())
    # Pinsker's inequality for both halves, and Lin's (1991) upper bound.
    assert total_variation(p, q) ** 2 / 2 - 1e-12 <= js(p, q) <= math.log(2) * total_variation(p, q) + 1e-12


def test_distributions_without_a_common_outcome_are_as_far_as_can_be():
    assert js(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(math.log(2))
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1
