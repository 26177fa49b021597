"""A small long table, and claims measured on it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from beyond_mle.report.claims import Claim, Family, Template
from beyond_mle.report.contrasts import Cells, Contrast
from beyond_mle.report.verdicts import scorecard

SUBSTITUTES = {"grammar-ab": "wmt14-ende", "grammar-ba": "wmt14-deen"}


def run(values: list[float], **cell: object) -> list[dict]:
    """A row per seed: 1, 2, …"""
    shared = {"task": "grammar-ab", "model": "transformer", "decoder": "greedy", "metric": "bleu", "exact": False}
    system = f"{cell.get('task', 'grammar-ab')}/{cell.get('model', 'transformer')}/{cell.get('objective')}"
    rows = enumerate(values, start=1)
    return [{**shared, "system": system, **cell, "seed": seed, "value": value} for seed, value in rows]


def exact(value: float, **cell: object) -> list[dict]:
    """The row of a number that has no error."""
    return run([value], task="plane-mixture", model="gaussian", decoder="none", metric="sigma", exact=True, **cell)


CONVEX = {"objective": "convex-exp", "control": "mle-continued"}
TABLE = pd.DataFrame(
    [
        *run([60.0, 61.0, 62.0], objective="mle"),
        *run([60.4, 61.0, 61.6], objective="mle-continued"),
        *run([62.4, 63.0, 63.6], **CONVEX, order=1),
        *run([63.4, 64.0, 64.6], **CONVEX, order=3),
        *run([63.0, 64.0, 65.0], objective="mle", decoder="beam5"),
        *run([64.3, 65.5, 66.7], **CONVEX, order=1, decoder="beam5"),
        *run([50.4, 51.0], objective="mle-continued", task="grammar-ba"),
        *run([52.4, 53.1], **CONVEX, order=1, task="grammar-ba"),
        *run([3.0, np.nan, 5.0], **CONVEX, order=1, metric="log-p"),
        *run([9.0, 9.0, 9.0], objective="mle-brief", model="small"),
        *run([9.0, 9.0, 9.0], objective="js", control="mle-brief", model="small"),
        *run([9.0, 9.0, 9.0], objective="ss", control="mle", model="small"),
        *exact(2.0, objective="js", pi=0.1, is_global=True),
        *exact(3.0, objective="js", pi=0.1, is_global=False),
        *exact(1e-10, objective="js", pi=0.5, is_global=True),
        *exact(np.nan, objective="js", pi=0.9, is_global=True),
        *run([1.0, 2.0, 6.0], task="plane-mixture", model="gaussian", objective="js-adversarial", metric="sigma"),
    ]
)
TABLE["is_global"] = TABLE["is_global"].astype(object)
CONVEX_BLEU = {"model": "transformer", "objective": "convex-exp", "order": 1, "decoder": "greedy", "metric": "bleu"}


def claims(family: Family = "ours", **written: object) -> list[Claim]:
    return list(Template.model_validate({"id": "c", "statement": "…", **written}).claims({}, family))


def cells(
    table: pd.DataFrame = TABLE,
    substitutes: Mapping[str, str] = SUBSTITUTES,
    items: Mapping[tuple[str, int, str], np.ndarray] | None = None,
) -> Cells:
    return Cells(table, substitutes, lambda system, seed, name: (items or {})[system, seed, name], 1000)


def contrast(table: pd.DataFrame = TABLE, **written: object) -> Contrast:
    (claim,) = claims(**written)
    return cells(table).contrast(claim)


def judged(table: pd.DataFrame = TABLE, family: Family = "ours", **written: object) -> dict:
    (row,) = scorecard(claims(family, **written), cells(table))
    return row


def on_ab(where: str = "where", **changes: object) -> dict:
    return {"data": ["wmt14-ende"], where: {**CONVEX_BLEU, **changes}}


BASE_ROW = {
    **{
        "id": "",
        "claim": "",
        "family": "source",
        "source": "A, Table 1",
        "supposed": False,
        "statement": "",
        "case": "",
    },
    **{"task": "news", "paper": None, "metric": "bleu", "unit": "", "verdict": "not run", "n_seeds": 3, "items": 0},
    **dict.fromkeys(("measured", "low", "high", "p", "q", "holm", "matters", "needed")),
    **{"seeds": {}, "systems": [], "note": ""},
}
"""A row of the scorecard of a claim that was not run."""
