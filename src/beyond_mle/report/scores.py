"""The scores of a study, and of what is known of p, as one long table: a row per run, decoder and metric."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.files import read_json

CELL = ["task", "model", "objective", "order", "decoder", "metric"]
"""What tells two numbers of a report apart; seeds of one cell are repetitions."""
COLUMNS = [*CELL, "seed", "value"]
TRUTH = "truth"
"""The model of the reference rows of tasks with known p."""
NO_DECODER = "none"
"""The decoder of figures that need no decoding, such as `nll`."""


def score_files(run: config.Run) -> dict[str, str]:
    """The score files of a run: decoder → path below runs/."""
    stems = {name: name for name in run.decoders} | {NO_DECODER: "model"}
    return {name: f"{run.key}/scores/{stem}.json" for name, stem in stems.items()}


def comet_files(study: config.Study, run: config.Run) -> dict[str, str]:
    """The files of a run's COMET scores: decoder → path below runs/; none where the study names no COMET model."""
    if study.evaluation.comet_model is None:
        return {}
    return {name: f"{run.key}/scores/{name}.comet.json" for name in run.decoders}


def read_scores(study: config.Study, runs: Path, page: str | None = None) -> pd.DataFrame:
    """Every score of the study's runs, in the order of the study.

    Args:
        study: decides which scores there are.
        runs: the folder results/{preset}/runs.
        page: reads only the runs that this page shows.

    Returns:
        The columns `COLUMNS`; `order` is the objective's knob, missing where it has none.

    Raises:
        UserError: if a score file is missing or is not a score file.
    """
    rows: list[list[Any]] = []
    for run in config.runs(study) if page is None else config.page_runs(study, page):
        order = getattr(config.objective(study, run).options, "order", None)
        for decoder, name in (*score_files(run).items(), *comet_files(study, run).items()):
            for metric, value in _metrics(runs / name).items():
                rows.append([run.task, run.model, run.objective, order, decoder, metric, run.seed, value])
    return _table(rows)


def read_truth(files: Iterable[Path]) -> pd.DataFrame:
    """The reference rows of tasks with known p, in the columns of `read_scores`; a file is {task}.json."""
    rows: list[list[Any]] = []
    for file in map(Path, files):
        for record in _read(file):
            cell = [file.stem, record["model"], record["objective"], record["order"], record["decoder"]]
            rows += [[*cell, metric, 0, value] for metric, value in record["metrics"].items()]
    return _table(rows)


def _table(rows: list[list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).astype({"order": float, "value": float, "seed": int})


def _metrics(path: Path) -> dict[str, float]:
    scores = _read(path)
    if not isinstance(scores, dict) or "metrics" not in scores:
        raise UserError(f"{path}: not a score file: it has no 'metrics'")
    return scores["metrics"]


def _read(path: Path) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file, although the study lists it; run snakemake to make it") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); delete it and run snakemake again") from None
