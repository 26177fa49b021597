"""The illustration of JS_π: round Gaussians fitted exactly to mixtures in the plane, along π and along the order k.

python -m beyond_mle.stages.illustrate --config results/default/study.yaml --output results/default

Writes tables/gaussian_illustration.csv, all local minima, and into the folder illustration: histogram.csv (samples and
density of each mixture), monte_carlo.csv (the values of Figure 1's fits from samples) and surface.csv (JS_π over
position and σ).
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_text
from beyond_mle.illustration import IllustrationOptions
from beyond_mle.objectives.divergence import JS, ReverseKL
from beyond_mle.objectives.likelihood import MLE, ConvexExp
from beyond_mle.stages import command_line
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.exact import Branch, Loss, SolverOptions, follow, local_minima
from beyond_mle.training.plane import PlaneFit
from beyond_mle.yardsticks import divergence

COLUMNS = ["mixture_seed", "objective", "pi", "order", "mean_x", "mean_y", "sigma", "value", "branch", "is_global"]


def main() -> None:
    """Write the files of the illustration."""
    arguments = command_line.parser(__doc__, "config", "output").parse_args()
    write(illustrate(config.load_resolved(arguments.config).illustration), arguments.output)


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables with seven significant digits: no more than the solver's tolerance leaves certain.

    Args:
        tables: from `illustrate`.
        folder: results/{preset}.
    """
    for name, table in tables.items():
        path = folder / ("tables/gaussian_illustration.csv" if name == "minima" else f"illustration/{name}.csv")
        write_text(path, table.to_csv(index=False, float_format="%.7g", lineterminator="\n"))


def illustrate(options: IllustrationOptions) -> dict[str, pd.DataFrame]:
    """All of the illustration's tables: `minima`, `histogram`, `monte_carlo` and `surface`."""
    torch.set_num_threads(1)  # sums in one order, whatever the machine
    fits = {
        seed: PlaneFit(Plane(Plane.Options(mixture_seed=seed, grid_step=options.grid_step)))
        for seed in options.mixture_seeds
    }
    minima = pd.concat([all_minima(seed, fit, options) for seed, fit in fits.items()], ignore_index=True)
    return {
        "minima": minima,
        "histogram": pd.concat([histogram(seed, fit.task, options) for seed, fit in fits.items()]),
        "monte_carlo": pd.DataFrame(
            [monte_carlo(row, fits[row.mixture_seed], options) for row in figure_fits(minima, options).itertuples()]
        ),
        "surface": surface(minima, fits[options.surface_seed], options),
    }


def all_minima(seed: int, fit: PlaneFit, options: IllustrationOptions) -> pd.DataFrame:
    """Every local minimum of every objective on one mixture.

    Returns:
        The columns `COLUMNS`. The minima of a branch follow one another continuously as the knob moves. `value` is
        what the objective minimises; for `mle` less its bound H[P], so that it is KL[P‖Q].
    """
    rows = [
        {
            "mixture_seed": seed,
            "objective": objective,
            knob: value,
            **_fitted(optimum.parameters_D),
            "value": optimum.value,
            "branch": number,
        }
        for objective, knob, branches in _branches(fit, options)
        for number, branch in enumerate(branches)
        for value, optimum in branch.items()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    table.loc[table.objective == "mle", "value"] -= divergence.entropy(fit.log_p_N, fit.grid.log_weight_N).item()
    lowest = table.groupby(["objective", "pi", "order"], dropna=False)["value"].transform("min")
    return table.assign(is_global=table.value == lowest)


def figure_fits(minima: pd.DataFrame, options: IllustrationOptions) -> pd.DataFrame:
    """The rows of the fits that Figure 1 shows: the global minima of JS_π for its π."""
    return minima[(minima.objective == "js") & minima.is_global & minima.pi.isin(options.pis)]


def histogram(seed: int, task: Plane, options: IllustrationOptions) -> pd.DataFrame:
    """A two-dimensional histogram of samples of p, and p itself.

    Returns:
        `mixture_seed`, `x` and `y` of a bin's centre, `count` and the `density` there; a row per bin.
    """
    samples_N2 = task.sample(options.samples, np.random.default_rng(seed))
    edges = np.linspace(*options.window, options.bins + 1)
    count_XY, _, _ = np.histogram2d(*samples_N2.T, bins=[edges, edges])
    centres = torch.from_numpy((edges[:-1] + edges[1:]) / 2)
    points_N2 = torch.cartesian_prod(centres, centres)
    return pd.DataFrame(
        {
            "mixture_seed": seed,
            "x": points_N2[:, 0],
            "y": points_N2[:, 1],
            "count": count_XY.astype(int).ravel(),
            "density": task.log_prob(points_N2).exp(),
        }
    )


def monte_carlo(row: Any, fit: PlaneFit, options: IllustrationOptions) -> dict[str, float]:
    """The JS_π of one row of `all_minima`, once more from samples of p and q."""
    parameters_3 = torch.tensor([row.mean_x, row.mean_y, math.log(row.sigma)], dtype=torch.float64)
    rng = np.random.default_rng(row.mixture_seed)
    of_p = torch.from_numpy(fit.task.sample(options.samples, rng))
    of_q = parameters_3[:2] + row.sigma * torch.from_numpy(rng.standard_normal((options.samples, 2)))
    both = [(fit.task.log_prob(points), fit.log_q(parameters_3, points)) for points in (of_p, of_q)]
    estimate, error = divergence.js_estimate(*both, row.pi)
    return {
        "mixture_seed": row.mixture_seed,
        "pi": row.pi,
        "quadrature": row.value,
        "monte_carlo": estimate.item(),
        "standard_error": error.item(),
    }


def surface(minima: pd.DataFrame, fit: PlaneFit, options: IllustrationOptions) -> pd.DataFrame:
    """JS_π over σ and over positions on the line through the two limits.

    Returns:
        `pi`, `position` (0: the mean that minimises KL[P‖Q], 1: the one that minimises KL[Q‖P]), `sigma`, `value`.
    """
    limits = minima[minima.is_global & (minima.mixture_seed == options.surface_seed)].set_index("objective")
    ends_22 = limits.loc[["mle", "reverse-kl"], ["mean_x", "mean_y"]].to_numpy()
    positions = np.linspace(*options.surface_positions, options.surface_points)
    sigmas = np.geomspace(*options.surface_sigmas, options.surface_points)
    rows = []
    for pi in options.surface_pis:
        loss = fit.loss(JS(JS.Options(pi=pi)))
        for position in positions:
            mean_2 = ends_22[0] + position * (ends_22[1] - ends_22[0])
            for sigma in sigmas:
                with torch.no_grad():
                    value = loss(torch.tensor([*mean_2, math.log(sigma)], dtype=torch.float64)).item()
                rows.append({"pi": pi, "position": position, "sigma": sigma, "value": value})
    return pd.DataFrame(rows)


def _branches(fit: PlaneFit, options: IllustrationOptions) -> Iterator[tuple[str, str, list[Branch]]]:
    """Objective, the name of its knob, and its branches; an objective without a knob has one missing value of π."""
    starts, solver = fit.starts(options.least_weight), SolverOptions()
    for objective, made in (("mle", MLE(MLE.Options())), ("reverse-kl", ReverseKL(ReverseKL.Options()))):
        minima = local_minima(fit.loss(made), starts, solver)
        yield objective, "pi", [{math.nan: optimum} for optimum in minima]

    def js(pi: float) -> Loss:
        return fit.loss(JS(JS.Options(pi=pi)))

    def convex_exp(order: float) -> Loss:
        return fit.loss(ConvexExp(ConvexExp.Options(order=order)))

    yield "js", "pi", follow(js, options.pi_path, options.pi_anchors, starts, solver)
    yield "convex-exp", "order", follow(convex_exp, options.order_path, options.order_anchors, starts, solver)


def _fitted(parameters_3: np.ndarray) -> dict[str, float]:
    x, y, log_scale = parameters_3
    return {"mean_x": x, "mean_y": y, "sigma": math.exp(log_scale)}


if __name__ == "__main__":
    exit_cleanly(main)
