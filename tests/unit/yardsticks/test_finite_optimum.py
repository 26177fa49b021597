"""A fitted language beside the closed form: the figures by SciPy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from worlds import measured, subject

from beyond_mle.formulas.optima import escort, exponent
from beyond_mle.models.tabular import Tabular
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.mle import MLE
from beyond_mle.tasks.strings import FiniteLanguage
from beyond_mle.yardsticks.finite_optimum import FiniteOptimum

DATA = FiniteLanguage(FiniteLanguage.Options(symbols=[2, 3], seed=1)).open(Path())
P = DATA.p.p_N


def measure(q_N: np.ndarray, objective, data=DATA) -> dict[str, float]:
    model = Tabular(Tabular.Options(), data.spec)
    with torch.no_grad():
        model.logits_N.copy_(torch.from_numpy(np.log(q_N)))
    found = measured(FiniteOptimum(FiniteOptimum.Options()).measure(subject(data, model, objective)))
    return {metric: score.value for (_, metric), score in found.items()}


def test_q_and_the_optimum_have_their_own_figures():
    q = np.arange(1, 7) / 21
    sharpened = escort(P, exponent(2, 1))
    assert measure(q, ConvexExp(ConvexExp.Options(order=1), DATA.spec)) == {
        "distance-from-optimum": pytest.approx(1 - np.minimum(q, sharpened).sum()),
        "sequence-entropy": pytest.approx(entropy(q)),
        "kl": pytest.approx(entropy(P, q)),
        "sequence-entropy-optimum": pytest.approx(entropy(sharpened)),
        "kl-optimum": pytest.approx(entropy(P, sharpened)),
    }


def test_lengths_count_in_the_optimum():
    data = FiniteLanguage(FiniteLanguage.Options(symbols=[2, 2], shortest=1, seed=1)).open(Path())
    p, lengths = data.p.p_N, data.p.length_N
    token, sentence = (MLE(MLE.Options(average=average), data.spec) for average in ("token", "sentence"))
    assert measure(p, token, data)["distance-from-optimum"] == pytest.approx(0, abs=1e-9)
    per_token = p / lengths / (p / lengths).sum()
    assert measure(per_token, sentence, data)["distance-from-optimum"] == pytest.approx(0, abs=1e-9)
    assert measure(p, sentence, data)["distance-from-optimum"] == pytest.approx(np.abs(p - per_token).sum() / 2)
