"""Prepare the text of a task: read or draw it, clean it, split it.

python -m beyond_mle.stages.prepare --config results/default/study.yaml --task grammar-ab \\
    --sources results/sources --output results/default/data/grammar-ab
"""

from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import UserError, exit_cleanly
from beyond_mle.files import write_json, write_jsonl
from beyond_mle.stages import command_line


def main() -> None:
    """Run the command line."""
    parser = command_line.parser(__doc__, "config", "task", "output")
    parser.add_argument("--sources", type=Path, required=True, help="the folder of downloaded files")
    arguments = parser.parse_args()
    entry = config.entry(config.load_resolved(arguments.config), "tasks", arguments.task)
    task = entry.cls(entry.options)
    prepared = task.prepare({name: _find(name, arguments.sources, arguments.task) for name in task.source_files()})
    for split, pairs in prepared.splits.items():
        write_jsonl(arguments.output / f"{split}.jsonl", pairs)
    # empty where p is not known: the workflow wants the same files of every task
    write_jsonl(arguments.output / "truth.jsonl", prepared.truth or [])
    write_json(arguments.output / "cleaning.json", prepared.cleaning)
    for split, count in prepared.cleaning.items():
        dropped = ", ".join(f"{number} {reason}" for reason, number in count["dropped"].items()) or "none"
        print(f"{split}: {count['read']} pairs read, {count['kept']} kept; dropped: {dropped}")


def _find(name: str, sources: Path, task: str) -> Path:
    """A downloaded file, or else the user's own."""
    for path in (sources / name, Path(name)):
        if path.is_file():
            return path
    raise UserError(f"task '{task}': '{name}' is neither in {sources} nor a local file; correct its path")


if __name__ == "__main__":
    exit_cleanly(main)
