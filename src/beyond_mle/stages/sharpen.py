"""Fit every objective on finite languages, beside its closed form; tabulate scheduled sampling and errata.

python -m beyond_mle.stages.sharpen --config results/default/study.yaml --output results/default/tables

Writes sharpening_theory.csv, scheduled_sampling_theory.csv and errata.csv into the folder.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import entr, rel_entr
from torch import nn

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_text
from beyond_mle.models.string_network import StringNetwork
from beyond_mle.models.tabular import Tabular
from beyond_mle.registry import OBJECTIVES
from beyond_mle.stages import command_line
from beyond_mle.tasks.strings import Strings
from beyond_mle.theory import TheoryOptions
from beyond_mle.training.enumerated import fit_expected
from beyond_mle.yardsticks import errata, escort, scheduled_sampling

DIVERGENCES = ("reverse-kl", "js")
"""The objectives whose optimum is p itself, whatever the lengths."""
COLUMNS = ["task", "model", "objective", "order", "average", "metric", "value", "closed_form"]


def main() -> None:
    """Write the three tables into the folder that the command line names."""
    arguments = command_line.parser(__doc__, "config", "output").parse_args()
    torch.set_num_threads(1)
    write(tables(config.load_resolved(arguments.config).theory), arguments.output)


def tables(theory: TheoryOptions) -> dict[str, pd.DataFrame]:
    """The three tables by name."""
    return {
        "sharpening_theory": sharpening(theory),
        "scheduled_sampling_theory": sampling(theory),
        "errata": pd.DataFrame(errata.sheet(theory.seed, theory.draws, theory.near)),
    }


def write(made: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write tables as {name}.csv; equal tables give equal bytes."""
    for name, table in made.items():
        write_text(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
        print(f"{name}: {len(table)} rows")


def sharpening(theory: TheoryOptions) -> pd.DataFrame:
    """Every model fitted by every objective on every language, beside the closed form.

    Returns:
        The columns `COLUMNS`. Metrics: `total-variation` from the closed form, `sequence-entropy` and `kl` (KL[P‖Q])
        in nats. Where all strings have one length both averages are the same objective, and only one is listed.
    """
    rows = []
    for task, options in theory.languages.items():
        language = Strings(options)
        averages = ["sentence"] if len(set(language.length_N)) == 1 else ["sentence", "token"]
        for average in averages:
            for model, network in _models(theory, language).items():
                for objective, order, q_N in _fits(theory, language, network, average):
                    proper = objective in DIVERGENCES
                    knobs = (language.p_N, language.length_N, order, average)
                    closed_N = language.p_N if proper else escort.optimum(objective, *knobs)
                    figures = _figures(language.p_N, q_N, closed_N)
                    rows += [(task, model, objective, order, average, *figure) for figure in figures]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"order": float})


def _models(theory: TheoryOptions, language: Strings) -> dict[str, nn.Module]:
    """Untrained models of a language, in double precision."""
    torch.manual_seed(theory.seed)
    network = StringNetwork(StringNetwork.Options(width=theory.network_width), language.support)
    return {
        "tabular": Tabular(Tabular.Options(), language.support).double(),
        "string-network": network.double(),
    }


def _fits(
    theory: TheoryOptions, language: Strings, model: nn.Module, average: str
) -> Iterator[tuple[str, float | None, np.ndarray]]:
    """Fit the model by each objective in turn: key, order and the distribution reached.

    MLE comes first and the convex family starts from it, as in two-stage training; of `convex-exp`, each order starts
    from the one before, as every vertex of the simplex is a local optimum for k ≥ T. The divergences know no lengths
    and start from nothing.
    """
    p_N = torch.tensor(language.p_N)
    index_N = torch.arange(len(p_N))

    def fit(start: nn.Module, key: str, order: float | None) -> nn.Module:
        fitted = copy.deepcopy(start)
        knobs = {} if key in DIVERGENCES else {"average": average}
        knobs |= {} if order is None else {"order": order}
        cls = OBJECTIVES[key]
        fit_expected(fitted, cls(cls.Options(**knobs)), p_N, theory.steps)
        return fitted

    def result(key: str, order: float | None, fitted: nn.Module) -> tuple[str, float | None, np.ndarray]:
        with torch.no_grad():
            return key, order, fitted.log_prob(index_N).total_B.exp().numpy()

    mle = fit(model, "mle", None)
    yield result("mle", None, mle)
    current = mle
    for order in theory.exponential_orders:
        current = fit(current, "convex-exp", order)
        if order < language.length_N.min() or order >= language.length_N.max():  # else there is no closed form
            yield result("convex-exp", order, current)
    for order in theory.power_orders:
        yield result("convex-power", order, fit(mle, "convex-power", order))
    yield result("convex-pure", None, fit(mle, "convex-pure", None))
    if average == "sentence":
        for key in DIVERGENCES:
            yield result(key, None, fit(model, key, None))


def _figures(p_N: np.ndarray, q_N: np.ndarray, closed_N: np.ndarray) -> list[tuple[str, float, float]]:
    """Metric, its value for the fitted q, and for the closed form."""
    return [
        ("total-variation", float(np.abs(q_N - closed_N).sum() / 2), 0.0),
        ("sequence-entropy", float(entr(q_N).sum()), float(entr(closed_N).sum())),
        ("kl", float(rel_entr(p_N, q_N).sum()), float(rel_entr(p_N, closed_N).sum())),
    ]


def sampling(theory: TheoryOptions) -> pd.DataFrame:
    """Scheduled sampling in closed form, for each ε.

    Returns:
        The columns task, keep (ε), solution, metric, value. Solutions: the `truth` P; the `fixed-point` of the
        algorithm as it is run, and its `argmax` variant; the `minimiser` of eq. 6. Metrics, where they apply: `d-ss`
        (eq. 6) and `kl` (KL[P‖Q]) in nats; `dependence-kept`, % of P's mutual information between the last symbol and
        those before it; `first-symbol-shift`, total variation of Q₁ from P₁; `off-segment`, the largest distance of a
        probability from ε P + (1−ε) P₁P₂; `prefix-effect`, the largest total variation of the last symbol's
        prediction from its marginal.
    """
    rows: list[dict[str, Any]] = []
    for task, options, solve in (
        ("strings-pairs", theory.pairs, _pairs),
        ("strings-triples", theory.triples, _triples),
    ):
        for keep in theory.keep:
            for solution, metrics in solve(Strings(options).table, keep).items():
                shared = {"task": task, "keep": keep, "solution": solution}
                rows += [{**shared, "metric": name, "value": value} for name, value in metrics.items()]
    return pd.DataFrame(rows).round({"value": 12})


def _pairs(p_XY: np.ndarray, keep: float) -> dict[str, dict[str, float]]:
    p_X, p_Y = p_XY.sum(1), p_XY.sum(0)
    segment_XY = keep * p_XY + (1 - keep) * np.outer(p_X, p_Y)
    solutions = {
        "truth": (p_X, p_XY / p_X[:, None]),
        "fixed-point": scheduled_sampling.fixed_point(p_XY, keep),
        "minimiser": scheduled_sampling.minimiser(p_XY, keep),
        "argmax": (p_X, scheduled_sampling.best_conditional_argmax(p_XY, p_X, keep)),
    }
    metrics = {}
    for name, (q_X, q_XY) in solutions.items():
        joint_XY = scheduled_sampling.joint([q_X, q_XY])
        metrics[name] = {
            "d-ss": scheduled_sampling.divergence(p_XY, q_X, q_XY, keep),
            "kl": float(rel_entr(p_XY, joint_XY).sum()),
            "dependence-kept": 100 * _dependence(joint_XY) / _dependence(p_XY),
            "first-symbol-shift": float(np.abs(q_X - p_X).sum() / 2),
            "off-segment": float(np.abs(joint_XY - segment_XY).max()),
        }
    del metrics["argmax"]["d-ss"]  # it minimises another objective
    return metrics


def _triples(p: np.ndarray, keep: float) -> dict[str, dict[str, float]]:
    conditionals = scheduled_sampling.predictors(p, keep)
    joint = scheduled_sampling.joint(conditionals)
    effect = np.abs(conditionals[-1] - p.sum((0, 1))).sum(-1).max() / 2
    return {
        "fixed-point": {
            "kl": float(rel_entr(p, joint).sum()),
            "dependence-kept": 100 * _dependence(joint) / _dependence(p),
            "prefix-effect": float(effect),
        }
    }


def _dependence(joint: np.ndarray) -> float:
    """Mutual information in nats between the last symbol and those before it."""
    joint_XY = joint.reshape(-1, joint.shape[-1])
    return float(rel_entr(joint_XY, np.outer(joint_XY.sum(1), joint_XY.sum(0))).sum())


if __name__ == "__main__":
    exit_cleanly(main)
