"""Decode the test sources with one run and one decoder.

python -m beyond_mle.stages.decode --config results/default/study.yaml --run grammar-ab/transformer/mle/seed1 \\
    --decoder greedy --data results/default/data/grammar-ab --weights …/seed1/model.safetensors \\
    --output …/seed1/decoded/greedy.jsonl

Writes one {"output": text} per test source.
"""

import sys

import torch
from tqdm import tqdm

from beyond_mle.decoding.corpus import decode_corpus
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_jsonl
from beyond_mle.stages import command_line, loading


def main() -> None:
    """Decode with the run and decoder that the command line names."""
    parser = command_line.parser(__doc__, "config", "run", "data", "weights", "decoder", "output")
    arguments = parser.parse_args()
    with loading.trained_run(arguments) as (study, run, data, model):
        sources = data.pairs("test").sources()
        decoder = loading.decoder(study, arguments.decoder)
        generator = torch.Generator(model.device).manual_seed(run.seed)
        batch_size = study.evaluation.batch_size
        with tqdm(total=len(sources), unit="sentence", disable=not sys.stderr.isatty()) as bar:
            outputs = decode_corpus(decoder, model, sources, batch_size, model.device, generator, bar.update)
    write_jsonl(arguments.output, ({"output": text} for text in data.decode(outputs)))


if __name__ == "__main__":
    exit_cleanly(main)
