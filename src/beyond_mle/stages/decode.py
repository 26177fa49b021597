"""Decode the test sources with one run and one decoder.

python -m beyond_mle.stages.decode --config results/default/study.yaml --run grammar-ab/transformer/mle/seed1 \\
    --decoder greedy --data results/default/data/grammar-ab --weights …/seed1/model.safetensors \\
    --output …/seed1/decoded/greedy.jsonl

Writes one line {"outputs": [text, …]} per test source: several texts where the decoder samples (its option `samples`),
otherwise one.
"""

import sys
from pathlib import Path

import torch
from tqdm import tqdm

from beyond_mle import config
from beyond_mle.decoding.corpus import decode_corpus
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_jsonl
from beyond_mle.stages import command_line, loading
from beyond_mle.text.task_data import TaskData


def main() -> None:
    """Decode with the run and decoder that the command line names."""
    parser = command_line.parser(__doc__, "config", "run", "data", "weights", "decoder", "output")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    run = config.find_run(study, arguments.run)
    decode(study, run, arguments.decoder, arguments.data, arguments.weights, arguments.output)


def decode(
    study: config.Study, run: config.Run, decoder_name: str, data_folder: Path, weights: Path, output: Path
) -> None:
    """Decode the test sources and write the outputs.

    Raises:
        UserError: if the weights are missing or of another model, or the decoder is not defined.
    """
    data = TaskData(data_folder)
    sources = data.pairs("test").sources()
    decoder = loading.decoder(study, decoder_name)
    samples = getattr(config.entry(study, "decoders", decoder_name).options, "samples", 1)
    batch_size = study.evaluation.batch_size
    with (
        loading.on_device(study, run, data, weights) as model,
        tqdm(total=samples * len(sources), unit="sentence", disable=not sys.stderr.isatty()) as bar,
    ):
        generator = torch.Generator(model.device).manual_seed(run.seed)
        # One pass over the sources for each sample: fewer samples are the first of more.
        passes = [
            data.decode(decode_corpus(decoder, model, sources, batch_size, model.device, generator, bar.update))
            for _ in range(samples)
        ]
    write_jsonl(output, ({"outputs": texts} for texts in zip(*passes, strict=True)))


if __name__ == "__main__":
    exit_cleanly(main)
