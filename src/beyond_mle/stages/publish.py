"""Copy what a reader needs of a finished study to where it is kept under version control; no rule needs it.

python -m beyond_mle publish --study results/thorough/studies/….yaml --results results/thorough \\
    --to results/published/thorough

Copies the report, the claims with their scorecard, the tables, the long table (compressed) and, of the runs that claims
are about, what their scores are made of: enough to compute every interval again.
"""

import gzip
import json
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError
from beyond_mle.files import atomic, read_json
from beyond_mle.jobs import jobs
from beyond_mle.layout import Layout
from beyond_mle.report.claims import Claim, claims_of
from beyond_mle.report.results import system_of
from beyond_mle.stages import command_line

BITS = 14
"""Of an item's number: an error below 1e-4 of it, that of a mean over many items far smaller."""


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
    study = load_resolved(arguments.study)
    for file in (layout.scorecard, layout.identities, *map(Path, study.claims)):
        shutil.copy(file, kept.results / file.name)
    shutil.copy(arguments.study, kept.results / "study.yaml")
    with atomic(kept.compressed_table) as temporary:
        temporary.write_bytes(gzip.compress(layout.table.read_bytes(), mtime=0))
    claimed = {system for row in card for system in row["systems"]}
    used = _used(claims_of(study.claims))
    for key, job in jobs(study).items():
        if system_of(job) in claimed:
            with np.load(layout.items(key)) as items, atomic(kept.items(key)) as temporary, temporary.open("wb") as out:
                np.savez_compressed(out, **_claimed(items, used))
    size = sum(file.stat().st_size for file in kept.results.rglob("*") if file.is_file())
    print(json.dumps({"folder": str(kept.results), "megabytes": round(size / 1e6, 1)}))


def _used(claims: Iterable[Claim]) -> set[tuple[Any, str]]:
    """The decoders and metrics of the cells of claims."""
    return {
        (term.conditions.get("decoder"), metric)
        for claim in claims
        for metric in (claim.metric, *([claim.at_equal.metric] if claim.at_equal else []))
        for term in claim.terms
    }


def _claimed(items: Mapping[str, np.ndarray], used: Collection[tuple[Any, str]]) -> dict[str, Any]:
    """What claims need of a run: by decoder and metric; a claim that names no decoder may need any."""
    found = {}
    for name, values in items.items():
        decoder, _, metric = name.partition("/")
        if (decoder.partition(",")[0], metric) in used or (None, metric) in used:
            found[name] = _compact(values)
    return found


def _compact(values: np.ndarray) -> np.ndarray:
    """The numbers in little room: counts as small integers, others to `BITS` significant bits, which compress well."""
    for kind in (np.int8, np.int16, np.int32):
        if np.array_equal(values.astype(kind), values):
            return values.astype(kind)
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2**BITS) / 2**BITS, exponent).astype(np.float32)
