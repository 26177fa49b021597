"""Collect every number of a study in one long table.

python -m beyond_mle collect --study results/default/studies/….yaml --results results/default

Writes table.csv: a row per task, model, objective, decoder, metric and seed, and a column for every hyper-parameter
that varies (see `report.results`).
"""

import pandas as pd

from beyond_mle.config import load_resolved
from beyond_mle.files import write_text
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.results import long_table, read_rows
from beyond_mle.stages import command_line


def main() -> None:
    """Write the long table."""
    arguments = command_line.parser(__doc__, "study", "results").parse_args()
    everything, layout = jobs(load_resolved(arguments.study)), Layout(arguments.results)
    table = long_table(everything, layout, everything)
    identities = read_rows(layout.identities)
    whole = pd.concat([table, identities.assign(certainty="exact")], ignore_index=True)
    write_text(layout.table, whole.to_csv(index=False, float_format="%.10g", lineterminator="\n"))
    print(f"{len(whole)} rows, {len(whole.columns)} columns")
