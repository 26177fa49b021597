"""Measure every claim and give its verdict.

python -m beyond_mle.stages.scorecard --config results/default/study.yaml --runs results/default/runs \\
    --claims config/claims.yaml --output results/default/scorecard.json
"""

from collections import Counter
from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.report.claims import load_claims, scorecard
from beyond_mle.report.scores import read_scores
from beyond_mle.stages import command_line


def main() -> None:
    """Write the scorecard of the study that the command line names."""
    parser = command_line.parser(__doc__, "config", "runs", "output")
    parser.add_argument("--claims", type=Path, required=True, help="the claims")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    card = scorecard(load_claims(arguments.claims), study, read_scores(study, arguments.runs))
    write_json(arguments.output, card)
    counts = Counter(row["verdict"] for row in card)
    print(", ".join(f"{verdict}: {number}" for verdict, number in sorted(counts.items())))


if __name__ == "__main__":
    exit_cleanly(main)
