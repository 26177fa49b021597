"""The numbers behind pictures of regression: densities over inputs and targets, and lines beside what is exact."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import torch

from beyond_mle.jobs import Job
from beyond_mle.models.quadrature import grid
from beyond_mle.report import selections
from beyond_mle.report.results import system_of
from beyond_mle.runs import Run
from beyond_mle.tasks.regression import KnownRegressionData

MAP = "density-map"
"""The kind of the decoder whose outputs are drawn."""
NAMES = ["task", "system", "label", "kl", "x"]
"""The columns of `maps` that are no places of y."""


def maps(
    rows: pd.DataFrame,
    jobs: Iterable[Job],
    outputs: Callable[[Run, str], list[list[Any]]],
    data: Mapping[str, KnownRegressionData],
) -> dict[str, pd.DataFrame]:
    """Of each task p and every model's q, of its first seed, at places of x (rows) and y (columns).

    Args:
        rows: of `Page.seeds`, of the metric `kl`.
        jobs: those with a decoder of the kind `MAP` are shown.
        outputs: of a run and a decoder.
        data: by the labels of their tasks.

    Returns:
        Task → the columns `NAMES`, and one for each place of y; `label` is `p` or what the model is, `kl` its KL[P‖Q].
    """
    known = rows.drop_duplicates("system").set_index("system")
    parts: dict[str, dict[str, pd.DataFrame]] = {}
    for job in jobs:
        decoder = next((label for label, entry in job.decoders.items() if entry.kind == MAP), None)
        system, task = system_of(job), job.run.task.label
        shown = parts.setdefault(task, {})
        if decoder is None or system in shown or task not in data or system not in known.index:
            continue
        places = [place for (place,) in outputs(job.run, decoder)]
        x_B = torch.tensor([place["x"] for place in places])
        y_G = grid(data[task].spec, len(places[0]["q"]))
        if not shown:
            p_BG = data[task].conditional_log_p(x_B[:, None], y_G[None]).exp()
            shown["p"] = _map([task, "p", "p", 0.0], x_B, y_G, p_BG.tolist())
        about = [task, system, known.system_label[system], known.value[system]]
        shown[system] = _map(about, x_B, y_G, [place["q"] for place in places])
    return {task: pd.concat(shown.values(), ignore_index=True) for task, shown in parts.items() if shown}


def _map(about: list[Any], x_B: torch.Tensor, y_G: torch.Tensor, density_BG: list[list[float]]) -> pd.DataFrame:
    named = pd.DataFrame([[*about, x] for x in x_B.tolist()], columns=NAMES)
    return pd.concat([named, pd.DataFrame(density_BG, columns=y_G.tolist())], axis=1)


def along_draws(rows: pd.DataFrame, exact: str, most: float) -> pd.DataFrame:
    """The runs along the number of draws, and their exact counterpart, maximum likelihood, as a level line.

    Args:
        rows: of `Page.seeds`.
        exact: the model whose integral is known.
        most: what greater values are drawn at.

    Returns:
        The rows with a further column, `line`: the objective, or the exact model.
    """
    swept = selections.swept(rows[rows.model != exact], "samples").assign(line=lambda own: own.objective)
    level = rows[(rows.model == exact) & (rows.objective == "mle")].assign(line=exact)
    copies = [level.assign(samples=value) for value in sorted(swept.samples.unique())]
    everything = pd.concat([swept, *copies], ignore_index=True)
    return everything.assign(value=everything.value.clip(upper=most))
