"""Compute what follows from no run: scheduled sampling in closed form, the variational identity and EM, and the
equations of Huszár (2015), checked.

python -m beyond_mle identities --study results/default/studies/….yaml --results results/default

Writes identities.csv, rows of the long table, and tables/errata.csv.
"""

import pandas as pd
import torch

from beyond_mle.config import load_resolved
from beyond_mle.files import write_text
from beyond_mle.formulas import errata, scheduled_sampling_table, variational_table
from beyond_mle.layout import Layout
from beyond_mle.stages import command_line
from beyond_mle.tasks.strings import FiniteLanguage

PAIRS = FiniteLanguage.Options(p="dirichlet", symbols=[3, 4])
TRIPLES = FiniteLanguage.Options(p="dirichlet", symbols=[3, 3, 3])


def main() -> None:
    """Write the tables."""
    arguments = command_line.parser(__doc__, "study", "results").parse_args()
    layout, checks = Layout(arguments.results), load_resolved(arguments.study).checks
    p_XY, p_XYZ = FiniteLanguage(PAIRS).table, FiniteLanguage(TRIPLES).table
    rows = [
        *scheduled_sampling_table.rows(p_XY, p_XYZ),
        *variational_table.rows(torch.from_numpy(p_XY), checks.seed, checks.draws),
    ]
    shared = {"solver": "closed-form", "decoder": "none", "seed": 0, "exact": True}
    tables = {
        layout.identities: pd.DataFrame(rows).assign(**shared),
        layout.errata: pd.DataFrame(errata.sheet(checks.seed, checks.draws, checks.near)),
    }
    for path, table in tables.items():
        write_text(path, table.to_csv(index=False, float_format="%.9g", lineterminator="\n"))
        print(f"{path.name}: {len(table)} rows")
