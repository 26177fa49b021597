"""A tiny run of every kind, and which kinds fit together: what all contracts are checked on.

A new kind needs no line here unless its defaults are too large, or an option has no default.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import nn

from beyond_mle.capabilities import OfData, Whole, implements
from beyond_mle.config import check
from beyond_mle.errors import UserError
from beyond_mle.jobs import REGISTRIES, Job, jobs
from beyond_mle.options import parse
from beyond_mle.registry import DECODERS, MODELS, OBJECTIVES, SOLVERS, TASKS
from beyond_mle.solvers.minibatch import needs_support
from beyond_mle.types import Batch

_WORLD = {"train": 60, "dev": 6, "test": 5, "references": 2, "styles": 2}
_SIZES = {"width": 8, "heads": 2, "feedforward": 16, "encoder_layers": 1, "decoder_layers": 1, "max_positions": 128}
_PROPOSAL = {"samples": 3, "components": 2, "proposal": {"width": 4}}
SPLITS = ("train", "dev", "test")
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "tasks": {
        "grammar": {**_WORLD, "adjective": 0.2, "place": 0, "clause": 0},
        "grammar-summary": {**_WORLD, "sentences": 2},
        "parallel": {"splits": {split: {"pairs": f"{split}.tsv"} for split in SPLITS}, "vocabulary": {"size": 270}},
        "plane": {"train": 200, "grid_step": 0.5},
        "plane-mixtures": {"mixtures": 5},
        "regression": {"train": 200, "dev": 6, "test": 5},
        "regression-table": {"dev_size": 6, "test_size": 5},
        "strings": {"symbols": [2, 2, 2], "shortest": 2},
    },
    "models": {
        **dict.fromkeys(("transformer", "vanilla-nat", "cmlm", "ctc"), _SIZES),
        "string-network": {"width": 5},
        "plane-generator": {"width": 4},
        "ebm": {"width": 4, "activation": "silu"},
        "ebm-quadrature": {"width": 4, "activation": "silu", "points": 256},
        "mdn": {"components": 2, "width": 4},
        "vae": {"latent": 1, "width": 4, "points": 4},
        "text-vae": {**_SIZES, "latent": 2, "points": 4},
        "plane-flow": {"transforms": 1, "bins": 2, "width": 4},
        "plane-diffusion": {"steps": 4, "width": 4, "nodes": 3},
        "gaussian-mixture": {"components": 3},
        "hidden-markov": {"states": 3},
    },
    "objectives": {
        "convex-exp": {"order": 0.5},
        "scheduled-sampling": {"schedule": "constant", "k": 0.5},
        "js-adversarial": {"samples": 2},
        **dict.fromkeys(("is-ml", "nce", "kld-is", "proposal-kl"), _PROPOSAL),
        "is-convex-exp": {"order": 0.5, **_PROPOSAL},
        "nce-plus": {"samples": 3, "noise": [0.5, 2.0]},
        "mcmc-ml": {"samples": 3, "chain_steps": 2},
        "ebm-teacher": {"samples": 3, "teacher": {"width": 4}},
    },
    "solvers": {
        "minibatch": {"steps": 12, "batch_size": 100, "learning_rate": 0.01, "validation": None, "log_every": 5},
        "full-batch": {"steps": 30},
        "em": {"steps": 5, "batch_size": 100},
        "full-batch-em": {"steps": 5},
    },
    "decoders": {
        **{
            key: {"samples": 2}
            for key in ("sample", "one-pass-sample", "ctc-sample", "latent-sample", "unmasking", "power-sample")
        },
        "points": {"samples": 20},
        "density-map": {"inputs": 7, "points": 20},
        "refinement": {"starts": 8, "steps": 3},
        "snis-mean": {"draws": 20},
        "sir": {"draws": 20, "samples": 3},
    },
}
YARDSTICKS = {
    "conditional-density": {"points": 256},
    "conditional-optimum": {"points": 256},
    "distance": {"sources": 3},
    "prediction": {"points": 256},
    "proposal": {"points": 256, "draws": 20},
    "latent": {"draws": 2, "items": 50, "passes": 1},
    "sample-quality": {"samples": 300},
    "diffusion-bound": {"masks": 15},
    "noise-error": {"samples": 20},
}
"""Options of yardsticks."""


def options(section: str, kind: str) -> dict[str, Any]:
    """The options that make a kind tiny."""
    return OPTIONS.get(section, {}).get(kind, {})


def make_task(kind: str, **changes: Any) -> Any:
    """A tiny task."""
    return TASKS[kind](parse(TASKS[kind].Options, {**options("tasks", kind), **changes}, f"tasks.{kind}"))


def make_job(
    task: str,
    model: str,
    objective: str,
    solver: str = "minibatch",
    decoders: tuple[str, ...] = (),
    **changes: dict[str, Any],
) -> Job:
    """The job of these kinds, checked as any study is.

    Args:
        task: and the others are registered kinds.
        changes: further options by section, such as `objectives={"order": 3}`.

    Raises:
        UserError: if they do not fit.
    """
    names = {"tasks": [task], "models": [model], "objectives": [objective], "solvers": [solver], "decoders": decoders}
    experiment = {
        "task": task,
        "model": model,
        "decoders": list(decoders),
        "stages": {"only": {"objectives": [objective], "solver": solver}},
    }
    sections = {
        section: {kind: {**options(section, kind), **changes.get(section, {})} for kind in kinds}
        for section, kinds in names.items()
    }
    study = check({"preset": "tiny", **sections, "yardsticks": YARDSTICKS, "experiments": {"only": experiment}})
    return next(iter(jobs(study).values()))


@cache
def refusal(task: str, model: str, objective: str, solver: str, decoders: tuple[str, ...] = ()) -> str:
    """Why a study may not have such a run; empty where it may."""
    try:
        make_job(task, model, objective, solver, decoders)
    except UserError as error:
        return str(error)
    return ""


def fitting_solvers(task: str, model: str, objective: str) -> list[str]:
    """The solvers that can make such a run."""
    return [solver for solver in SOLVERS if not refusal(task, model, objective, solver)]


WORLDS = ["grammar", "plane", "plane-mixtures", "regression", "strings"]
"""A task for each kind of data."""
RUNS = [
    (task, model, objective, solvers[0])
    for task in WORLDS
    for model in MODELS
    for objective in OBJECTIVES
    if issubclass(TASKS[task].spec, MODELS[model].accepts) and (solvers := fitting_solvers(task, model, objective))
]
"""Every model with every objective that it can be fitted by, on a task that both are for, with the first solver."""
LEARNT = [run for run in RUNS if not implements(MODELS[run[1]], OfData)]
"""Those whose model learns parameters."""


def decoders_of(task: str, model: str, objective: str, solver: str) -> tuple[str, ...]:
    """The decoders that may make outputs of such a run."""
    return tuple(
        decoder
        for decoder in DECODERS
        if issubclass(TASKS[task].spec, DECODERS[decoder].accepts)
        and not refusal(task, model, objective, solver, (decoder,))
    )


def with_decoder() -> list[tuple[str, str, str, str]]:
    """Every task and model with every decoder that they can be decoded by, and the first objective that lets them."""
    first = {(*run[:2], decoder): run[2] for run in reversed(RUNS) for decoder in decoders_of(*run)}
    return [(task, model, objective, decoder) for (task, model, decoder), objective in sorted(first.items())]


ENTRIES = [(section, kind) for section, registry in REGISTRIES.items() for kind in registry]
"""Every registered kind, by section."""


class Parts:
    """A job's model and objective on its data; the model's weights are not those of its start."""

    def __init__(self, job: Job, data: Any):
        self.job, self.data = job, data
        self.model = job.new_model(data).eval()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in self.model.parameters():  # a tabular model starts where every gradient is 0
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
        torch.manual_seed(2)
        self.objective = job.new_objective(data, self.model)

    def double(self) -> "Parts":
        """In double precision."""
        for part in (self.model, self.objective):
            if isinstance(part, nn.Module):
                part.double()
        return self

    def players(self) -> dict[str, nn.Module]:
        """As training sees them: the model, and the modules that the objective brings."""
        brought = dict(self.objective.named_children()) if isinstance(self.objective, nn.Module) else {}
        return {"model": self.model, **brought}

    def batch(self, budget: int = 100) -> Batch:
        """What the run's solver shows the objective first."""
        if Whole in self.job.solver.cls.needs:
            return self.data.whole()
        key = self.data.epoch(0, 1, budget)[0]
        batch = self.data.batch(key)
        return replace(batch, support=self.data.support(key)) if needs_support(self.objective, self.data) else batch
