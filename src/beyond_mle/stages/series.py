"""Train short runs one after the other, decode, score and evaluate them: all that the rules of single runs make.

python -m beyond_mle.stages.series --config results/default/study.yaml --data results/default/data/grammar-short \\
    --runs results/default/runs --only grammar-short/transformer/mle/seed1 grammar-short/transformer/convex-exp/seed1
"""

from pathlib import Path

from beyond_mle import config
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.stages import command_line
from beyond_mle.stages.decode import decode
from beyond_mle.stages.evaluate import evaluate
from beyond_mle.stages.score import score
from beyond_mle.stages.train import train


def main() -> None:
    """Make the runs that the command line names."""
    parser = command_line.parser(__doc__, "config", "data")
    parser.add_argument("--runs", type=Path, required=True, help="the folder of all runs")
    parser.add_argument("--only", nargs="+", required=True, help="the runs, in the order of training")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    runs = [config.find_run(study, key) for key in arguments.only]
    for run in runs:
        folder = arguments.runs / run.key
        weights = folder / "model.safetensors"
        start = arguments.runs / run.sibling(run.start_from) / weights.name if run.start_from else None
        print(f"{run.key}: training", flush=True)
        train(study, run, arguments.data, start, folder)
        for decoder in run.decoders:
            decode(study, run, decoder, arguments.data, weights, folder / "decoded" / f"{decoder}.jsonl")
        evaluate(study, run, arguments.data, weights, folder / "scores" / "model.json")
    for run in runs:
        folder = arguments.runs / run.key
        for decoder in run.decoders:
            name = f"decoded/{decoder}.jsonl"
            control = arguments.runs / run.sibling(run.control) / name if run.control else None
            output = folder / "scores" / f"{decoder}.json"
            write_json(output, score(study, run, arguments.data, folder / name, control))


if __name__ == "__main__":
    exit_cleanly(main)
