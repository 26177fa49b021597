"""Adversarial training in the plane over the label prior π, beside the exact optima of JS_π.

python -m beyond_mle.stages.adversarial --config results/default/study.yaml --output results/default

Writes tables/adversarial_plane.csv, every figure of every model, and adversarial/samples.csv, points to draw. Models:
`isotropic-gaussian` and `plane-generator`, trained against a discriminator; `exact-optimum`, the round Gaussian at the
global minimum of JS_π; `exact-descent`, the one that exact descent reaches from where training starts; and `p` itself,
which shows how far the kernel estimate is off. Metrics that end in -kernel are estimates from samples by a kernel, the
only ones that a generator network allows. A run whose samples are not finite has no value (nan).
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from beyond_mle import config
from beyond_mle.adversarial import AdversarialOptions
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_text
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.models.plane_generator import PlaneGenerator
from beyond_mle.objectives.divergence import JS
from beyond_mle.objectives.plane_adversarial import PlaneAdversarial
from beyond_mle.stages import command_line
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.adversarial import Duel, train
from beyond_mle.training.exact import SolverOptions, local_minima
from beyond_mle.training.plane import PlaneFit
from beyond_mle.yardsticks import divergence
from beyond_mle.yardsticks.samples import coverage, kernel_log_density, quality

COLUMNS = ["mixture_seed", "model", "pi", "seed", "metric", "value"]


class Trained(NamedTuple):
    """A model to measure; `seed` is missing where nothing is random."""

    name: str
    pi: float
    seed: int | None
    model: nn.Module


def main() -> None:
    """Write the tables."""
    arguments = command_line.parser(__doc__, "config", "output").parse_args()
    write(compete(config.load_resolved(arguments.config).adversarial), arguments.output)


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables of `compete` below results/{preset}."""
    for name, path in (("figures", "tables/adversarial_plane.csv"), ("samples", "adversarial/samples.csv")):
        text = tables[name].to_csv(index=False, float_format="%.5g", na_rep="nan", lineterminator="\n")
        write_text(folder / path, text)


def compete(options: AdversarialOptions) -> dict[str, pd.DataFrame]:
    """Train and measure: `figures` with the columns `COLUMNS`, and `samples` with `x` and `y` of points to draw."""
    torch.set_num_threads(1)  # sums in one order, whatever the machine
    figures, samples = [], []
    for mixture_seed in options.mixture_seeds:
        fit = PlaneFit(Plane(Plane.Options(mixture_seed=mixture_seed, grid_step=options.grid_step)))
        of_p_N2 = torch.from_numpy(fit.task.sample(options.data, np.random.default_rng(mixture_seed)))
        own = [("p", math.nan, None, of_p_N2, None)]
        for one in (*exact_fits(fit, options), *adversarial_fits(of_p_N2, mixture_seed, options)):
            with torch.no_grad():
                points_N2 = one.model.sample(options.samples, torch.Generator().manual_seed(mixture_seed))
            own.append((one.name, one.pi, one.seed, points_N2, log_density(one.model, fit)))
        for name, pi, seed, points_N2, log_q_N in own:
            key = {"mixture_seed": mixture_seed, "model": name, "pi": pi, "seed": seed}
            measured = measure(points_N2, log_q_N, pi, fit, options)
            figures += [{**key, "metric": metric, "value": value} for metric, value in measured.items()]
            if seed in (None, options.seeds[0]) and (name == "p" or pi in options.figure_pis):
                x, y = points_N2[: options.figure_samples].T.numpy()
                samples.append(pd.DataFrame({**key, "x": x, "y": y}))
    table = pd.DataFrame(figures, columns=COLUMNS)
    drawn = pd.concat(samples, ignore_index=True)
    return {name: frame.astype({"seed": "Int64"}) for name, frame in (("figures", table), ("samples", drawn))}


def exact_fits(fit: PlaneFit, options: AdversarialOptions) -> Iterator[Trained]:
    """The global minimum of JS_π among round Gaussians, and the minimum that exact descent reaches."""
    start = IsotropicGaussian.Options()
    searches = {
        "exact-optimum": fit.starts(options.least_weight),
        "exact-descent": [np.array([*start.mean, math.log(start.scale)])],
    }
    for pi in options.pis:
        for name, starts in searches.items():
            for optimum in local_minima(fit.loss(JS(JS.Options(pi=pi))), starts, SolverOptions())[:1]:
                *mean, log_scale = optimum.parameters_D
                yield Trained(
                    name, pi, None, IsotropicGaussian(IsotropicGaussian.Options(mean=mean, scale=math.exp(log_scale)))
                )


def adversarial_fits(of_p_N2: Tensor, mixture_seed: int, options: AdversarialOptions) -> Iterator[Trained]:
    """Both kinds of generator for every π and seed; all runs of a kind are trained side by side."""
    for name in ("isotropic-gaussian", "plane-generator"):
        runs = [(pi, seed) for pi in options.pis for seed in options.seeds]
        duels = [make_duel(name, pi, seed, options) for pi, seed in runs]
        generator = torch.Generator().manual_seed(mixture_seed)
        for (pi, seed), model in zip(runs, train(duels, of_p_N2, options.training, generator), strict=True):
            yield Trained(name, pi, seed, model.double())


def make_duel(name: str, pi: float, seed: int, options: AdversarialOptions) -> Duel:
    """A generator of this kind and its discriminator, with initial weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        objective = PlaneAdversarial(PlaneAdversarial.Options(pi=pi, width=options.discriminator_width))
        if name == "isotropic-gaussian":
            return Duel(IsotropicGaussian(IsotropicGaussian.Options()), objective)
        return Duel(PlaneGenerator(PlaneGenerator.Options(width=options.generator_width)), objective)


def log_density(model: nn.Module, fit: PlaneFit) -> Tensor | None:
    """log q on the grid, for a model that has it."""
    if not isinstance(model, IsotropicGaussian):
        return None
    with torch.no_grad():
        return model.log_prob(fit.grid.points_N2).total_B


def measure(
    points_N2: Tensor, log_q_N: Tensor | None, pi: float, fit: PlaneFit, options: AdversarialOptions
) -> dict[str, float]:
    """Every metric of one model from its samples and, where it has one, its density; π is missing for p itself."""
    finite = bool(points_N2.isfinite().all())
    estimate_N = kernel_log_density(points_N2, fit.grid, options.bandwidth) if finite else None
    densities = {"": log_q_N, "-kernel": estimate_N if finite else torch.full_like(fit.log_p_N, math.nan)}
    figures = {}
    for suffix, density_N in densities.items():
        if density_N is not None:
            known = (fit.log_p_N, density_N, fit.grid.log_weight_N)
            figures[f"kl{suffix}"] = divergence.kl(*known).item()
            figures[f"reverse-kl{suffix}"] = divergence.reverse_kl(*known).item()
            if not math.isnan(pi):
                figures[f"js{suffix}"] = divergence.js(*known, pi).item()
    covered = coverage(points_N2, fit.task, options.least_weight, options.covered_share) if finite else math.nan
    return figures | {"coverage": covered, "quality": quality(points_N2, fit.task) if finite else math.nan}


if __name__ == "__main__":
    exit_cleanly(main)
