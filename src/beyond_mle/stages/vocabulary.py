"""Make the joint vocabulary of a task from its training pairs.

python -m beyond_mle.stages.vocabulary --config results/default/study.yaml --task grammar-ab \\
    --train results/default/data/grammar-ab/train.jsonl \\
    --output results/default/data/grammar-ab/vocabulary.json
"""

from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import read_jsonl
from beyond_mle.stages import command_line
from beyond_mle.text import vocabulary


def main() -> None:
    """Run the command line."""
    parser = command_line.parser(__doc__, "config", "task", "output")
    parser.add_argument("--train", type=Path, required=True, help="train.jsonl of the task")
    arguments = parser.parse_args()
    options = config.entry(config.load_resolved(arguments.config), "tasks", arguments.task).options.vocabulary
    pairs = read_jsonl(arguments.train)
    tokenizer = vocabulary.train((text for pair in pairs for text in (pair["source"], *pair["targets"])), options)
    vocabulary.save(tokenizer, arguments.output)
    print(f"{tokenizer.get_vocab_size()} {options.kind} entries from {len(pairs)} pairs")


if __name__ == "__main__":
    exit_cleanly(main)
