"""What formulas alone say of sharpening: optima, their entropies and exponents, and the weights of gradients."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.special import entr

from beyond_mle.formulas.exponential_optimum import optimum
from beyond_mle.formulas.optima import exponent
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.convex_power import ConvexPower
from beyond_mle.objectives.convex_pure import ConvexPure
from beyond_mle.objectives.likelihood import Likelihood
from beyond_mle.objectives.mle import MLE
from beyond_mle.tasks.strings import FiniteLanguage
from beyond_mle.types import Spec

CURVE_POINTS = 100


def ranked(language: FiniteLanguage, orders: Iterable[float]) -> pd.DataFrame:
    """The optimum of `convex-exp` for each order (0: p itself).

    Returns:
        The columns order, rank (1: the likeliest under p), probability.
    """
    by_rank = np.argsort(-language.p_N, kind="stable")
    parts = []
    for order in orders:
        q_N = optimum(language.p_N, language.length_N, order, "sentence")[by_rank]
        parts.append(pd.DataFrame({"order": float(order), "rank": np.arange(1, len(q_N) + 1), "probability": q_N}))
    return pd.concat(parts, ignore_index=True)


def entropies(languages: Mapping[str, FiniteLanguage], largest: float) -> pd.DataFrame:
    """H(q) of the optimum of `convex-exp` as k grows from 0, where it has a closed form.

    Returns:
        The columns task, order, entropy (nats). Where lengths are mixed, k between the least and the greatest of
        them is left out.
    """
    rows = []
    for task, language in languages.items():
        for order in np.linspace(0, largest, CURVE_POINTS + 1):
            if language.length_N.min() <= order < language.length_N.max():
                continue
            q_N = optimum(language.p_N, language.length_N, order, "sentence")
            rows.append((task, order, entr(q_N).sum()))
    return pd.DataFrame(rows, columns=["task", "order", "entropy"])


def exponents(orders: Iterable[float], longest: int) -> pd.DataFrame:
    """β = T/(T − k) by length, where k < T.

    Returns:
        The columns order, length, exponent.
    """
    rows = [(order, n, exponent(n, order)) for order in orders for n in range(1, longest + 1) if n > order]
    return pd.DataFrame(rows, columns=["order", "length", "exponent"])


def gradient_weights(orders: Sequence[float], power_orders: Sequence[float], length: int) -> pd.DataFrame:
    """How much each objective heeds a sentence, next to MLE: the factor on the gradient of its log-probability.

    Returns:
        The columns objective, order, mean_log_prob (nats per token), weight.
    """
    spec = Spec()  # of no data in particular
    objectives: list[tuple[str, float | None, Likelihood]] = [("mle", None, MLE(MLE.Options(), spec))]
    objectives += [("convex-exp", k, ConvexExp(ConvexExp.Options(order=k), spec)) for k in orders]
    objectives += [("convex-power", k, ConvexPower(ConvexPower.Options(order=k), spec)) for k in power_orders]
    objectives.append(("convex-pure", None, ConvexPure(ConvexPure.Options(), spec)))
    mean_G = torch.linspace(-5, -0.01, CURVE_POINTS, dtype=torch.float64)
    parts = []
    for name, order, objective in objectives:
        # with g = log q, not per token, the gradient is T times as large
        weight_G = objective.weight(mean_G) if objective.per_token else length * objective.weight(length * mean_G)
        columns = {"objective": name, "order": order, "mean_log_prob": mean_G.numpy(), "weight": weight_G.numpy()}
        parts.append(pd.DataFrame(columns).astype({"order": float}))
    return pd.concat(parts, ignore_index=True)
