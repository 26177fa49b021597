"""Quality against diversity of samples: a curve per knob, a point for what has none."""

import pandas as pd

from beyond_mle import config
from beyond_mle.report import effects
from beyond_mle.report.knobs import RUN, join, objective_kinds, objective_sweep, temperatures

CELL = ["task", "model", "curve", "knob"]
COLUMNS = [*CELL, "objective", "decoder", "x", "x_sd", "y", "y_sd"]


def sampled(study: config.Study, scores: pd.DataFrame, temperature: float = 1.0) -> pd.DataFrame:
    """The scores of samples drawn at this temperature."""
    drawn = temperatures(study, scores.decoder.unique())
    return scores[scores.decoder.isin(drawn[drawn.temperature == temperature].decoder)]


def frontier(study: config.Study, runs: list[config.Run], scores: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Two metrics of samples against each other, means and sds over seeds.

    Two curves per model: the convex objective at each order k, sampled at temperature 1, and its control at each
    temperature of sampling. Other objectives are points, at temperature 1; the control of these is left out.

    Args:
        study: has the knobs.
        runs: the runs to show.
        scores: from `read_scores`.
        x: metric of the horizontal axis.
        y: metric of the vertical axis.

    Returns:
        The columns `COLUMNS`; `curve` is `temperature`, the kind of the objectives in a sweep, or else the objective.
    """
    orders = objective_sweep(study, runs, "order", control=0).rename(columns={"order": "knob"})
    found = join(effects.over_seeds(scores, [x, y]), temperatures(study, scores.decoder.unique()))
    found = found.merge(orders, on=RUN, how="left").merge(objective_kinds(study, runs), on=RUN)
    heated = found[found.knob == 0].assign(curve="temperature")
    heated["knob"] = heated.temperature
    controls = {(run.task, run.model, run.control) for run in runs}
    is_control = [key in controls for key in found[RUN].itertuples(index=False, name=None)]
    plain = found[(found.temperature == 1) & ~pd.Series(is_control, index=found.index, dtype=bool)]
    plain = plain.assign(curve=plain.kind.where(plain.knob.notna(), plain.objective))
    rows = pd.concat([heated, plain]).drop(columns="order")
    keys = [*CELL, "objective", "decoder"]
    across, up = (rows[rows.metric == name][[*keys, "mean", "sd"]] for name in (x, y))
    both = across.merge(up, on=keys, suffixes=("", "_y"))
    return both.rename(columns={"mean": "x", "sd": "x_sd", "mean_y": "y", "sd_y": "y_sd"})[COLUMNS]
