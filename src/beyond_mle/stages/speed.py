"""Measure decoding speed of several runs in one process, in turn, on the first test sources.

python -m beyond_mle speed --study results/default/studies/….yaml --results results/default --task grammar-ab \\
    --only grammar-ab/transformer/mle/seed1 grammar-ab/vanilla-nat/mle/seed1
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import torch

from beyond_mle.config import load_resolved
from beyond_mle.decoding.text_decoder import TextDecoder, decode_corpus
from beyond_mle.errors import UserError
from beyond_mle.files import write_json
from beyond_mle.jobs import find_job
from beyond_mle.layout import Layout
from beyond_mle.solvers import devices
from beyond_mle.stages import command_line
from beyond_mle.stages.fitted import fitted
from beyond_mle.yardsticks.speed import measure_speed


def main() -> None:
    """Measure the runs that the command line names."""
    parser = command_line.parser(__doc__, "study", "results", "task")
    parser.add_argument("--only", nargs="+", required=True, help="task/model/objective/seedN, one or more")
    arguments = parser.parse_args()
    study, layout = load_resolved(arguments.study), Layout(arguments.results)
    jobs = [find_job(study, key) for key in arguments.only]
    systems: dict[tuple[str, str, str], Callable[..., object]] = {}
    sources: list[list[int]] = []
    with devices.device(jobs[0].solver.options.device) as device:
        generator = torch.Generator(device).manual_seed(0)  # for decoders that draw
        for job in jobs:
            with fitted(job, layout) as found:
                model = found.load()[0].to(device)
                sources = found.data.pairs("test").sources()[: study.evaluation.speed_sentences]
            for label, entry in job.decoders.items():
                key = (job.run.model.label, job.run.objective.label, label)
                decoder = entry.make()
                if not isinstance(decoder, TextDecoder):
                    raise UserError(f"speed_of: decoder kind '{entry.kind}' makes no text: only that is timed")
                systems[key] = partial(decode_corpus, decoder, model, generator=generator)
        speeds = measure_speed(systems, sources, study.evaluation.batch_size, device)
        device_name = devices.name(device)
    rows = [
        {
            "model": model,
            "objective": objective,
            "decoder": decoder,
            "batch": study.evaluation.batch_size,
            **asdict(speed),
        }
        for (model, objective, decoder), speed in speeds.items()
    ]
    write_json(layout.speed(arguments.task), [{**row, "device": device_name} for row in rows])
