"""Copy what a reader needs of a finished study to where it is kept under version control; no rule needs it.

python -m beyond_mle publish --study results/thorough/studies/….yaml --results results/thorough \\
    --to results/published/thorough

Copies the report, the scorecard, the tables, the long table (compressed) and, of the runs that claims are about, what
their scores are made of: enough to compute every interval again.
"""

import gzip
import json
import shutil
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import atomic, read_json
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.results import system_of
from beyond_mle.stages import command_line


def main() -> None:
    """Publish the study that the command line names."""
    parser = command_line.parser(__doc__, "study", "results")
    parser.add_argument("--to", type=Path, required=True, help="the folder; what is there is replaced")
    arguments = parser.parse_args()
    layout, kept = Layout(arguments.results), Layout(arguments.to)
    if not (layout.results / "report").exists():
        raise UserError(f"{layout.results}: no report yet; run snakemake to make it")
    card = read_json(layout.scorecard)
    shutil.rmtree(kept.results, ignore_errors=True)
    for folder in ("report", "tables"):
        shutil.copytree(layout.results / folder, kept.results / folder)
    for file in (layout.scorecard, layout.identities, arguments.study):
        shutil.copy(file, kept.results / ("study.yaml" if file == arguments.study else file.name))
    with atomic(kept.compressed_table) as temporary:
        temporary.write_bytes(gzip.compress(layout.table.read_bytes(), mtime=0))
    claimed = {system for row in card for system in row["systems"]}
    for key, job in jobs(load_resolved(arguments.study)).items():
        if system_of(job) in claimed:
            kept.run(key).mkdir(parents=True)
            shutil.copy(layout.items(key), kept.items(key))
    size = sum(file.stat().st_size for file in kept.results.rglob("*") if file.is_file())
    print(json.dumps({"folder": str(kept.results), "megabytes": round(size / 1e6, 1)}))
