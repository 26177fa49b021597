"""Score decoded outputs by COMET, a learned metric. In an environment of its own: envs/comet.yaml.

python -m beyond_mle comet --model Unbabel/wmt22-comet-da --data results/multi30k/data/multi30k-ende \\
    --outputs …/seed1/outputs/beam5.jsonl --output …/seed1/comet/beam5.json

Imports only what that environment has: not the configuration, whose kinds need more.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl, write_json
from beyond_mle.stages import command_line


def main() -> None:
    """Score the outputs that the command line names."""
    parser = command_line.parser(__doc__, "output")
    parser.add_argument("--data", type=Path, required=True, help="the task's folder, results/{preset}/data/{task}")
    parser.add_argument("--outputs", type=Path, required=True, help="the run's outputs")
    parser.add_argument("--model", required=True, help="a name on the Hugging Face hub, or a checkpoint file")
    parser.add_argument("--gpus", type=int, default=0, help="how many to use")
    arguments = parser.parse_args()
    triples = triples_of(arguments.data / "test.jsonl", arguments.outputs)
    score = comet_score(triples, arguments.model, arguments.gpus)
    write_json(arguments.output, {"comet": score, "model": arguments.model})


def triples_of(test: Path, decoded: Path) -> list[dict[str, str]]:
    """What COMET compares: every output of a source with every reference of it.

    Args:
        test: one line `{"source": text, "targets": [text, …]}` per source.
        decoded: one line `{"outputs": [text, …]}` per source.

    Raises:
        UserError: if the files have not equally many lines.
    """
    sources, decodings = read_jsonl(test), read_jsonl(decoded)
    if len(sources) != len(decodings):
        raise UserError(f"{decoded}: {len(decodings)} lines for {len(sources)} test sources; sample the run again")
    return [
        {"src": source["source"], "mt": output, "ref": reference}
        for source, decoding in zip(sources, decodings, strict=True)
        for output in decoding["outputs"]
        for reference in source["targets"]
    ]


def comet_score(triples: list[dict[str, str]], model: str, gpus: int) -> float:
    """The mean score in percent.

    Args:
        triples: from `triples_of`.
        model: a name on the Hugging Face hub, which is downloaded once, or a checkpoint file.
        gpus: how many to use.

    Raises:
        UserError: if the package is not installed.
    """
    comet = _package()
    checkpoint = model if Path(model).exists() else comet.download_model(model)
    prediction: Any = comet.load_from_checkpoint(checkpoint).predict(triples, gpus=gpus)
    return 100 * float(prediction.system_score)


def _package() -> ModuleType:
    try:
        return import_module("comet")
    except ModuleNotFoundError:
        raise UserError(
            "evaluation.comet_model needs the package unbabel-comet: run snakemake with "
            "`--software-deployment-method conda`, or `pip install unbabel-comet`"
        ) from None
