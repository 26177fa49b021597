"""Make the outputs of one run by one decoder, for the test split.

python -m beyond_mle sample --study results/default/studies/….yaml --results results/default \\
    --run grammar-ab/transformer/mle/seed1 --decoder greedy

Writes outputs/{decoder}.jsonl into the run's folder: a line {"outputs": [text, …]} per test source, several texts where
the decoder samples (its option `samples`), otherwise one.
"""

import sys

import torch
from tqdm import tqdm

from beyond_mle.config import load_resolved
from beyond_mle.errors import UserError, nearest
from beyond_mle.files import write_jsonl
from beyond_mle.jobs import find_job
from beyond_mle.layout import Layout
from beyond_mle.stages import command_line
from beyond_mle.stages.fitted import fitted


def main() -> None:
    """Sample from the run, by the decoder, that the command line names."""
    arguments = command_line.parser(__doc__, "study", "results", "run", "decoder").parse_args()
    job, layout, label = (
        find_job(load_resolved(arguments.study), arguments.run),
        Layout(arguments.results),
        arguments.decoder,
    )
    if label not in job.decoders:
        raise UserError(f"run '{job.run.key}' has no decoder '{label}': {nearest(label, job.decoders)}")
    with fitted(job, layout) as found:
        if len(found.members) > 1:
            raise UserError(f"run '{job.run.key}' has {len(found.members)} members: decoders are for runs of one")
        model, objective = found.load()
        decoder = job.new_decoder(label, objective)
        generator = torch.Generator(found.device).manual_seed(job.run.seed)
        with tqdm(unit="source", disable=not sys.stderr.isatty()) as bar:
            outputs = decoder.outputs(
                model, found.data, "test", job.study.evaluation.batch_size, generator, progress=bar.update
            )
    write_jsonl(layout.outputs(job.run.key, label), ({"outputs": one} for one in outputs))
