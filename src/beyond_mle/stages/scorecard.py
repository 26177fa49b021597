"""Measure every claim and give its verdict.

python -m beyond_mle.stages.scorecard --config results/default/study.yaml --runs results/default/runs \\
    --claims config/claims.yaml --exact results/default/tables/errata.csv --output results/default/scorecard.json
"""

from collections import Counter
from pathlib import Path

import pandas as pd

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.report.claims import load_claims
from beyond_mle.report.scores import read_scores
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages import command_line


def main() -> None:
    """Write the scorecard of the study that the command line names."""
    parser = command_line.parser(__doc__, "config", "runs", "output")
    parser.add_argument("--claims", type=Path, required=True, help="the claims")
    parser.add_argument("--exact", type=Path, nargs="*", default=[], help="tables of exact results, {table}.csv each")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    exact = {path.stem: pd.read_csv(path) for path in arguments.exact}
    card = scorecard(load_claims(arguments.claims), study, read_scores(study, arguments.runs), exact)
    write_json(arguments.output, card)
    counts = Counter(row["verdict"] for row in card)
    print(", ".join(f"{verdict}: {number}" for verdict, number in sorted(counts.items())))


if __name__ == "__main__":
    exit_cleanly(main)
