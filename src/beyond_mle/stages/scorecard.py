"""Measure every claim and give its verdict.

python -m beyond_mle scorecard --study results/default/studies/….yaml --results results/default
"""

from collections import Counter
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.formulas import errata
from beyond_mle.layout import Layout
from beyond_mle.report.claims import Claim, load_claims
from beyond_mle.report.results import read_rows
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages import command_line


def main() -> None:
    """Write the scorecard of the study that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results").parse_args()
    study, layout = load_resolved(arguments.study), Layout(arguments.results)
    claims: list[Claim] = []
    for file in study.claims:
        own = load_claims(Path(file))
        for claim in own:
            if claim.id in {other.id for other in claims}:
                raise UserError(f"{file}: the claim id '{claim.id}' is used by another file of this study too")
        claims += own
    table = read_rows(layout.table)
    checks = study.checks
    card = [*scorecard(claims, table, study.substitutes), *errata.scorecard(checks.seed, checks.draws, checks.near)]
    write_json(layout.scorecard, card)
    counts = Counter(row["verdict"] for row in card)
    print(", ".join(f"{verdict}: {number}" for verdict, number in sorted(counts.items())))
