"""Measure every claim and give its verdict.

python -m beyond_mle scorecard --study results/default/studies/….yaml --results results/default

Reads the long table, and of the runs whose numbers a claim has, what these are made of (items.npz). Writes
scorecard.json, a list with an entry for every case of a claim (see `report.verdicts`).
"""

from collections import Counter
from functools import partial
from typing import get_args

import numpy as np

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.formulas import errata
from beyond_mle.layout import Layout
from beyond_mle.report.claims import Family, claims_of
from beyond_mle.report.contrasts import Cells
from beyond_mle.report.results import read_rows
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages import command_line


def main() -> None:
    """Write the scorecard of the study that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results").parse_args()
    study, layout = load_resolved(arguments.study), Layout(arguments.results)
    items = partial(read_items, layout)
    cells = Cells(read_rows(layout.table), study.substitutes, items, study.verdicts.resamples)
    checks = study.checks
    card = [*scorecard(claims_of(study.claims), cells), *errata.scorecard(checks.seed, checks.draws, checks.near)]
    write_json(layout.scorecard, card)
    for family in get_args(Family):
        counts = Counter(row["verdict"] for row in card if row["family"] == family)
        print(f"{family}: {', '.join(f'{verdict} {number}' for verdict, number in sorted(counts.items()))}")


def read_items(layout: Layout, system: str, seed: int, name: str) -> np.ndarray:
    """What a number of the long table is made of.

    Raises:
        UserError: if the file is missing, or has no such number.
    """
    path = layout.items(f"{system}/seed{seed}")
    try:
        with np.load(path) as items:
            return items[name]
    except (FileNotFoundError, KeyError):
        raise UserError(f"{path}: '{name}' is missing, although the scores have it; measure the run again") from None
