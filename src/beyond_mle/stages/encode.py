"""Encode the three splits of a task as token ids.

python -m beyond_mle.stages.encode --data results/default/data/grammar-ab \\
    --vocabulary results/default/data/grammar-ab/vocabulary.json --output results/default/data/grammar-ab
"""

from pathlib import Path

from beyond_mle.errors import exit_cleanly
from beyond_mle.files import read_jsonl
from beyond_mle.stages import command_line
from beyond_mle.symbols import EOS
from beyond_mle.text import vocabulary
from beyond_mle.text.encoded import EncodedPairs


def main() -> None:
    """Run the command line."""
    parser = command_line.parser(__doc__, "data", "output")
    parser.add_argument("--vocabulary", type=Path, required=True)
    arguments = parser.parse_args()
    tokenizer = vocabulary.load(arguments.vocabulary)
    for split in ("train", "dev", "test"):
        rows = read_jsonl(arguments.data / f"{split}.jsonl")
        sources = [[*ids, EOS] for ids in vocabulary.encode(tokenizer, [row["source"] for row in rows])]
        # one target a pair: further references serve the scores alone
        targets = vocabulary.encode(tokenizer, [row["targets"][0] for row in rows])
        pairs = EncodedPairs.from_pairs(sources, targets)
        pairs.save(arguments.output / f"{split}.npz")
        mean, longest = pairs.lengths.mean(axis=0), pairs.lengths.max(axis=0)
        print(
            f"{split}: {len(pairs)} pairs; tokens a source {mean[0]:.1f} (at most {longest[0]}), "
            f"a target {mean[1]:.1f} (at most {longest[1]})"
        )


if __name__ == "__main__":
    exit_cleanly(main)
