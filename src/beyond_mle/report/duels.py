"""Adversarial training in the plane beside what exact fits of JS_π lead to: who is compared, and samples of each.

`model` names a competitor: `isotropic-gaussian` and `plane-generator`, trained against a discriminator;
`exact-optimum`, the round Gaussian at the global minimum of JS_π; `exact-descent`, the one that exact descent reaches
from where training starts; and `p` itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from beyond_mle.jobs import Job, yardsticks
from beyond_mle.report.plane_pictures import gaussian
from beyond_mle.report.results import column
from beyond_mle.runs import Run
from beyond_mle.study import Study
from beyond_mle.tasks.plane import Plane, PlaneData

ADVERSARIAL, EXACT, DESCENT = "js-adversarial", "js", "descent"
"""Names in the study: of the objectives, and of the solver that starts where training does."""
SAMPLE_QUALITY = "sample-quality"
"""The kind of the yardstick that measures samples."""
OPTIMUM, DESCENDED = "exact-optimum", "exact-descent"
_MEASURED = ["coverage", "quality", "kl", "kl-kernel", "reverse-kl", "reverse-kl-kernel", "js", "js-kernel"]
_ESTIMATE = "-kernel"
"""What the names of the estimates of exact metrics end in."""
_POINT = ["mixture_seed", "model", "pi", "x", "y"]


def competitors(scores: pd.DataFrame) -> pd.DataFrame:
    """The measurements of every competitor at the π of the adversarial ones.

    Args:
        scores: rows of the long table.

    Returns:
        Those rows, with the competitor's name as `model`; estimates only of models whose exact values are not known.
    """
    rows = scores.assign(**{name: column(scores, name) for name in ("mixture_seed", "pi", "is_global")})
    rows = rows[rows.mixture_seed.notna()].astype({"mixture_seed": int})
    trained = rows.objective == ADVERSARIAL
    chosen = rows.is_global.eq(True) | (rows.solver == DESCENT)
    exact = (rows.objective == EXACT) & chosen & rows.pi.isin(rows[trained].pi)
    names = rows.solver.eq(DESCENT).map({True: DESCENDED, False: OPTIMUM})
    return _best_known(rows.assign(model=names.where(exact, rows.model))[exact | trained])


def elsewhere(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of tasks that are not in the plane."""
    return rows[column(rows, "mixture_seed").isna()]


def means(rows: pd.DataFrame) -> pd.DataFrame:
    """The means over seeds, a row per competitor and π, a column per metric; the mixture's seed as text.

    Args:
        rows: of `competitors` and `of_p`.
    """
    rows = rows.astype({"mixture_seed": str})
    cells = rows[rows.metric.isin(_MEASURED)].groupby([*_POINT[:3], "metric"], sort=False, dropna=False)
    table: dict[tuple, dict[str, float]] = {}
    for (*key, metric), value in cells.value.mean().items():
        table.setdefault(tuple(str(part) for part in key), dict(zip(_POINT[:3], key, strict=True)))[metric] = value
    found = pd.DataFrame(table.values())
    return found.reindex(columns=[*_POINT[:3], *(metric for metric in _MEASURED if metric in found)])


def of_p(study: Study, mixtures: Mapping[int, Plane]) -> pd.DataFrame:
    """The same measurements of samples of p itself: what remains there is the error of the kernel estimate.

    Returns:
        mixture_seed, model, pi (missing), metric, value.
    """
    rows: list[tuple[int, str, str, float]] = []
    entry = yardsticks(study).get(SAMPLE_QUALITY)
    if entry is not None:
        yardstick: Any = entry.make()
        for seed, p in mixtures.items():
            points_N2 = torch.from_numpy(p.sample(yardstick.options.samples, np.random.default_rng(seed)))
            rows += [(seed, "p", score.metric, score.value) for score in yardstick.of_points(points_N2, PlaneData(p))]
    return pd.DataFrame(rows, columns=["mixture_seed", "model", "metric", "value"]).assign(pi=np.nan)


def drawn(
    jobs: Iterable[Job],
    outputs: Callable[[Run, str], list[list[Any]]],
    optima: pd.DataFrame,
    mixtures: Mapping[int, Plane],
    pis: Sequence[float],
    samples: int = 1000,
) -> pd.DataFrame:
    """Points to draw: of p, of the exact optima, and of the first run of every other competitor.

    Args:
        jobs: of the page's runs; the first decoder of each gives the points.
        outputs: reads a run's outputs by a decoder.
        optima: fits, of `plane_pictures.fits`.
        mixtures: the densities.
        pis: those to draw, of those that there are.
        samples: of p, and of each exact optimum.

    Returns:
        mixture_seed, model, pi (missing for p), `x` and `y`.
    """
    competing = [job for job in jobs if _competes(job) and job.objective.options.pi in pis]
    parts = [_part(seed, "p", np.nan, p.sample(samples, np.random.default_rng(seed))) for seed, p in mixtures.items()]
    chosen = optima[(optima.objective == EXACT) & (optima.solver != DESCENT) & optima.is_global]
    for row in chosen[chosen.pi.isin([job.objective.options.pi for job in competing])].itertuples():
        generator = torch.Generator().manual_seed(row.mixture_seed)
        with torch.no_grad():
            points_N2 = gaussian(row.mean_x, row.mean_y, row.sigma).sample(samples, generator)
        parts.append(_part(row.mixture_seed, OPTIMUM, row.pi, points_N2.numpy()))
    first: dict[tuple[int, str, float], Run] = {}
    for job in competing:
        name = DESCENDED if job.run.solver.name == DESCENT else job.run.model.name
        first.setdefault((job.task.options.mixture_seed, name, job.objective.options.pi), job.run)
    for key, run in first.items():
        parts.append(_part(*key, np.array(outputs(run, run.decoders[0].label)[0])))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_POINT)


def _best_known(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without the estimates of what is known exactly."""
    exact = set(zip(rows.mixture_seed, rows.model, rows.metric, strict=True))
    of = zip(rows.mixture_seed, rows.model, rows.metric.str.removesuffix(_ESTIMATE), strict=True)
    known = pd.Series([cell in exact for cell in of], rows.index, dtype=bool)
    return rows[~(rows.metric.str.endswith(_ESTIMATE) & known)]


def _competes(job: Job) -> bool:
    """Whether it is a run in the plane of which there are points."""
    in_plane = issubclass(job.task.cls.Data, PlaneData) and bool(job.run.decoders)
    return in_plane and (job.run.objective.name == ADVERSARIAL or job.run.solver.name == DESCENT)


def _part(seed: int, model: str, pi: float, points_N2: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(points_N2, columns=["x", "y"]).assign(mixture_seed=seed, model=model, pi=pi)[_POINT]
