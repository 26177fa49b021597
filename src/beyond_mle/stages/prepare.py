"""Prepare the folder of a task.

python -m beyond_mle prepare --study results/default/studies/….yaml --results results/default --task grammar-ab \\
    --sources results/sources

Writes data/{task}/: what the task's kind needs, and prepared.json: what was read, kept and dropped, and the SHA-256 of
every file, by which later stages tell whether anything changed.
"""

import hashlib
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError, nearest
from beyond_mle.files import write_json
from beyond_mle.jobs import Entry, jobs
from beyond_mle.layout import Layout
from beyond_mle.stages import command_line
from beyond_mle.study import Study


def main() -> None:
    """Run the command line."""
    parser = command_line.parser(__doc__, "study", "results", "task")
    parser.add_argument("--sources", type=Path, required=True, help="the folder of downloaded files")
    arguments = parser.parse_args()
    task = task_of(load_resolved(arguments.study), arguments.task).make()
    layout = Layout(arguments.results)
    folder = layout.data(arguments.task)
    paths = {name: _find(name, arguments.sources, arguments.task) for name in task.source_files()}
    counts = task.prepare(paths, folder)
    folder.mkdir(parents=True, exist_ok=True)  # where a task writes nothing
    hashes = {file.name: _hash(file) for file in sorted(folder.iterdir()) if file.name != "prepared.json"}
    write_json(layout.prepared(arguments.task), {"splits": counts, "files": hashes})
    for split, count in counts.items():
        dropped = ", ".join(f"{number} {reason}" for reason, number in count["dropped"].items() if number) or "none"
        print(f"{split}: {count['read']} read, {count['kept']} kept; dropped: {dropped}")


def task_of(study: Study, label: str) -> Entry:
    """The task with this label, of some run.

    Raises:
        UserError: if no run has it.
    """
    tasks = {job.run.task.label: job.task for job in jobs(study).values()}
    if label not in tasks:
        raise UserError(f"preset '{study.preset}' has no task '{label}': {nearest(label, tasks)}")
    return tasks[label]


def _find(name: str, sources: Path, task: str) -> Path:
    """A downloaded file, or else the user's own."""
    for path in (sources / name, Path(name)):
        if path.is_file():
            return path
    raise UserError(f"task '{task}': '{name}' is neither in {sources} nor a local file; correct its path")


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
