"""The numbers behind pictures of the plane: made from the densities themselves, beside what runs have measured.

Data frames have a column `mixture_seed`; a `mixtures` argument is the densities by that seed. Fits are round Gaussians,
given by `mean_x`, `mean_y` and `sigma`. All values are in nats.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from beyond_mle.formulas import divergence
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.tasks.plane import Plane, PlaneData
from beyond_mle.types import Points

FIT = ["mixture_seed", "model", "objective", "solver", "seed", "pi", "order", "branch", "is_global"]
"""What tells fits apart."""
_PARAMETERS = {"mean-x": "mean_x", "mean-y": "mean_y", "sigma": "sigma"}
_MINIMISED = {"mle": "kl", "reverse-kl": "reverse-kl", "js": "js"}
"""The metric that each objective makes small; it is what `value` shows."""


def mixtures(data: Mapping[str, PlaneData]) -> dict[int, Plane]:
    """The mixtures among these tasks, by their seeds."""
    known = {one.p.options.mixture_seed: one.p for one in data.values()}
    return {seed: known[seed] for seed in sorted(seed for seed in known if seed is not None)}


def fits(scores: pd.DataFrame) -> pd.DataFrame:
    """Every fit whose parameters are known, one per row.

    Args:
        scores: rows of the long table.

    Returns:
        The columns `FIT`, mean_x, mean_y, sigma and value (the divergence that the objective minimises, where it is
        one), by mixture.
    """
    own = scores[scores.metric.isin([*_PARAMETERS, *_MINIMISED.values()])].reindex(columns=[*FIT, "metric", "value"])
    own = own[own.mixture_seed.notna()]
    rows = []
    for key, of_one in own.groupby(FIT, sort=False, dropna=False):
        found = of_one.set_index("metric")["value"]
        if set(_PARAMETERS) <= set(found.index):
            parameters = {column: found[metric] for metric, column in _PARAMETERS.items()}
            fit = dict(zip(FIT, key, strict=True))
            rows.append({**fit, **parameters, "value": found.get(_MINIMISED.get(fit["objective"], ""))})
    table = pd.DataFrame(rows, columns=[*FIT, *_PARAMETERS.values(), "value"])
    numbers = dict.fromkeys(("pi", "order", *_PARAMETERS.values(), "value"), float)
    table = table.astype({"mixture_seed": int, "branch": "Int64", **numbers}).assign(is_global=table.is_global.eq(True))
    return table.sort_values("mixture_seed", kind="stable", ignore_index=True)


def gaussian(mean_x: float, mean_y: float, sigma: float) -> IsotropicGaussian:
    """The model with these parameters."""
    return IsotropicGaussian(IsotropicGaussian.Options(mean=[mean_x, mean_y], scale=sigma), PlaneData.spec)


def histogram(
    mixtures: Mapping[int, Plane], samples: int = 100_000, bins: int = 80, window: tuple[float, float] = (-5.0, 7.0)
) -> pd.DataFrame:
    """A two-dimensional histogram of samples of each mixture, and its density.

    Args:
        mixtures: the densities; each one's seed draws its samples.
        samples: how many.
        bins: on either axis.
        window: what the histograms show, on both axes.

    Returns:
        mixture_seed, `x` and `y` of a bin's centre, `count` and the `density` there; a row per bin.
    """
    edges = np.linspace(*window, bins + 1)
    centres = torch.from_numpy((edges[:-1] + edges[1:]) / 2)
    points_N2 = torch.cartesian_prod(centres, centres)
    parts = [pd.DataFrame(columns=["mixture_seed", "x", "y", "count", "density"])]
    for seed, p in mixtures.items():
        sample_N2 = p.sample(samples, np.random.default_rng(seed))
        count_XY, _, _ = np.histogram2d(sample_N2[:, 0], sample_N2[:, 1], bins=[edges, edges])
        x_N, y_N = points_N2.T.numpy()
        columns = {"x": x_N, "y": y_N, "count": count_XY.astype(int).ravel(), "density": p.log_prob(points_N2).exp()}
        parts.append(pd.DataFrame({"mixture_seed": seed, **columns}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def monte_carlo(rows: pd.DataFrame, mixtures: Mapping[int, Plane], samples: int = 100_000) -> pd.DataFrame:
    """The JS_π of some fits once more, from samples of p and q.

    Args:
        rows: of `fits`, by the objective js.
        mixtures: the densities; each one's seed draws the samples.
        samples: of p and of q each.

    Returns:
        mixture_seed, pi, `quadrature` (the fit's own value), `monte_carlo` and its `standard_error`.
    """
    found = []
    for row in rows.itertuples():
        p, q = mixtures[row.mixture_seed], gaussian(row.mean_x, row.mean_y, row.sigma)
        rng = np.random.default_rng(row.mixture_seed)
        of_p_N2 = torch.from_numpy(p.sample(samples, rng))
        of_q_N2 = torch.from_numpy([row.mean_x, row.mean_y] + row.sigma * rng.standard_normal((samples, 2)))
        with torch.no_grad():
            at_p, at_q = (
                (p.log_prob(points_N2), q.log_prob(Points(points_N2)).total_B) for points_N2 in (of_p_N2, of_q_N2)
            )
        estimate, error = divergence.js_estimate(at_p, at_q, row.pi)
        found.append((row.mixture_seed, row.pi, row.value, estimate.item(), error.item()))
    return pd.DataFrame(found, columns=["mixture_seed", "pi", "quadrature", "monte_carlo", "standard_error"])


def surface(
    minima: pd.DataFrame,
    mixtures: Mapping[int, Plane],
    seed: int,
    pis: Sequence[float] = (0.01, 0.04, 0.1, 0.99),
    positions: tuple[float, float] = (-1.0, 2.0),
    sigmas: tuple[float, float] = (0.4, 2.4),
    points: int = 31,
) -> pd.DataFrame:
    """JS_π over σ and over positions on the line through the means of the two limits.

    Args:
        minima: of `fits`, with the global minima of mle and reverse-kl.
        mixtures: the densities.
        seed: of the mixture that is shown.
        pis: of the surfaces.
        positions: from where to where: 0 is the mean that minimises KL[P‖Q], 1 the one that minimises KL[Q‖P].
        sigmas: from where to where, in equal ratios.
        points: on either axis.

    Returns:
        `pi`, `position`, `sigma`, `value`; no rows where the mixture or one of its limits is missing.
    """
    limits = minima[minima.is_global & (minima.mixture_seed == seed)].set_index("objective")[["mean_x", "mean_y"]]
    columns = ["pi", "position", "sigma", "value"]
    if seed not in mixtures or not {"mle", "reverse-kl"} <= set(limits.index):
        return pd.DataFrame(columns=columns, dtype=float)
    start_2, end_2 = limits.loc["mle"].to_numpy(), limits.loc["reverse-kl"].to_numpy()
    batch = PlaneData(mixtures[seed]).whole()
    assert batch.density is not None  # it is all of p
    rows = []
    for position in np.linspace(*positions, points):
        for sigma in np.geomspace(*sigmas, points):
            with torch.no_grad():
                mean_x, mean_y = start_2 + position * (end_2 - start_2)
                log_q_N = gaussian(mean_x, mean_y, sigma).log_prob(batch).total_B
            known = (batch.density.log_p_B, log_q_N, batch.density.log_weight_B)
            rows += [(pi, position, sigma, divergence.js(*known, pi).item()) for pi in pis]
    return pd.DataFrame(rows, columns=columns)
