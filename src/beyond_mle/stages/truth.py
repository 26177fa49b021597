"""Reference rows of a task with known p: its mode, a second sample of it, and the closed-form optima of the objectives.

python -m beyond_mle.stages.truth --config results/default/study.yaml --task grammar-ab \\
    --data results/default/data/grammar-ab --output results/default/truth/grammar-ab.json

Writes an empty list where p is not known.
"""

import math
from typing import Any

import numpy as np

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.stages import command_line
from beyond_mle.text.task_data import TaskData
from beyond_mle.yardsticks import closed_form
from beyond_mle.yardsticks.outputs import measure

EOS_TOKENS = 1  # an autoregressive model's T counts eos


def main() -> None:
    """Write the reference rows of the task that the command line names."""
    parser = command_line.parser(__doc__, "config", "task", "data", "output")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    data = TaskData(arguments.data)
    truth = data.truth()
    rows = reference_rows(study, arguments.task, data, truth) if truth else []
    write_json(arguments.output, rows)


def reference_rows(study: config.Study, task: str, data: TaskData, truth: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of model `truth`: what p itself, and the optimum of `convex-exp` for each order in use, would score."""
    references = data.references("test")
    found = config.entry(study, "tasks", task)
    scoring = found.cls(found.options).scoring

    def row(objective: str, order: float | None, decoder: str, outputs: list[list[str]]) -> dict[str, Any]:
        metrics = measure(outputs, references, truth, scoring).metrics
        return {
            "model": "truth",
            "objective": objective,
            "order": order,
            "decoder": decoder,
            "metrics": metrics,
        }

    rng = np.random.default_rng(0)
    n = study.evaluation.truth_samples
    drawn = [rng.choice(len(r["outputs"]), n, p=_probabilities(r)) for r in truth]
    samples = [[r["outputs"][i] for i in rows_n] for r, rows_n in zip(truth, drawn, strict=True)]
    rows = [row("mode", None, "none", [r["outputs"][:1] for r in truth]), row("sample", None, "none", samples)]
    shortest = EOS_TOKENS + min(len(output.split()) for r in truth for output in r["outputs"])
    for order in autoregressive_orders(study, task):
        if order >= shortest:
            continue  # no closed form where the order reaches some outputs' lengths and not others'
        optima = [_optimum(r, order) for r in truth]
        rows.append(row("closed-form", order, "greedy", [[greedy] for greedy, _, _ in optima]))
        rows.append(row("closed-form", order, "exact", [[mode] for _, mode, _ in optima]))
        # the same sources on which the trained models are compared with p
        figures = [metrics for _, _, metrics in optima[: study.evaluation.enumerate_sources]]
        means = {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}
        rows.append(
            {
                "model": "truth",
                "objective": "closed-form",
                "order": order,
                "decoder": "none",
                "metrics": means,
            }
        )
    return rows


def autoregressive_orders(study: config.Study, task: str) -> list[float]:
    """The orders k of the token-weighted exponential objectives trained on a task, and 0 (MLE)."""
    orders = {0.0}
    for run in (run for run in config.runs(study) if run.task == task):
        objective = config.objective(study, run)
        if objective.kind == "convex-exp" and objective.options.average == "token":
            orders.add(objective.options.order)
    return sorted(orders)


def _optimum(row: dict[str, Any], order: float) -> tuple[str, str, dict[str, float]]:
    """Of the optimal q for one source: the greedy output, the likeliest output, and its figures."""
    p = _probabilities(row)
    tokens = [tuple(output.split()) for output in row["outputs"]]
    lengths = np.array([len(output) + EOS_TOKENS for output in tokens])
    q = closed_form.optimum(p, lengths, order, "token")
    greedy = closed_form.greedy_of(dict(zip(tokens, q, strict=True)))
    return " ".join(greedy), row["outputs"][int(np.argmax(q))], closed_form.metrics(row["outputs"], p, q)


def _probabilities(row: dict[str, Any]) -> np.ndarray:
    p = np.exp(row["log_p"])
    return p / math.fsum(p)


if __name__ == "__main__":
    exit_cleanly(main)
