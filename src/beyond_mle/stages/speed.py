"""Measure decoding speed of several runs in one process, in turn, on the first test sources.

python -m beyond_mle.stages.speed --config results/default/study.yaml --runs results/default/runs \\
    --data results/default/data/grammar-ab --only grammar-ab/transformer/mle/seed1 grammar-ab/vanilla-nat/mle/seed1 \\
    --output results/default/speed/grammar-ab.json
"""

from dataclasses import asdict

from beyond_mle import config
from beyond_mle.decoding.corpus import decode_corpus
from beyond_mle.errors import exit_cleanly
from beyond_mle.files import write_json
from beyond_mle.stages import command_line, loading
from beyond_mle.text.task_data import TaskData
from beyond_mle.training import devices
from beyond_mle.yardsticks.speed import measure_speed


def main() -> None:
    """Measure the runs that the command line names."""
    parser = command_line.parser(__doc__, "config", "runs", "data", "output")
    parser.add_argument("--only", nargs="+", required=True, help="task/model/objective/seedN, one or more")
    arguments = parser.parse_args()
    study = config.load_resolved(arguments.config)
    runs = [config.find_run(study, key) for key in arguments.only]
    data = TaskData(arguments.data)
    training = study.training[runs[0].training]
    devices.prepare_cpu(training.threads)
    sources = data.pairs("test").sources()[: study.evaluation.speed_sentences]
    batch_size = study.evaluation.batch_size
    with devices.device(training.device) as device:
        systems = {}
        for run in runs:
            weights = arguments.runs / run.key / "model.safetensors"
            model = loading.trained_model(study, run, data, weights).to(device)
            for name in run.decoders:
                systems[run.model, run.objective, name] = _system(model, loading.decoder(study, name))
        speeds = measure_speed(systems, sources, batch_size, device)
        device_name = devices.name(device)
    rows = [
        {"model": model, "objective": objective, "decoder": decoder, "batch": batch_size, **asdict(speed)}
        for (model, objective, decoder), speed in speeds.items()
    ]
    write_json(arguments.output, [{**row, "device": device_name} for row in rows])


def _system(model, decoder):
    """Decode given sources in batches of a given size."""
    return lambda sources, batch_size: decode_corpus(decoder, model, sources, batch_size, model.device)


if __name__ == "__main__":
    exit_cleanly(main)
