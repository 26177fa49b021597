# What the rules share: the checked study, its folders and names, and the few functions that look things up in it.

import json
import shlex
import sys
from pathlib import Path

from beyond_mle import config as study_config
from beyond_mle.code_id import code_id, code_of_run
from beyond_mle.errors import UserError, nearest
from beyond_mle.report.pages import EXACT, INDEX, TITLES
from beyond_mle.report.scores import comet_files
from beyond_mle.text.download import read_catalogue

try:
    STUDY = study_config.check(study_config.extend(config, Path("config")))
    PAGES = study_config.pages(STUDY)
    for page in set(PAGES) - set(TITLES):
        raise UserError(f"experiments: there is no page '{page}': {nearest(page, TITLES)}")
except UserError as error:
    sys.exit(f"error: {error}")

RESULTS = f"results/{STUDY.preset}"
DATA = f"{RESULTS}/data/{{task}}"
RUN_FOLDER = f"{RESULTS}/runs/{{run}}"
RUNS = {run.key: run for run in study_config.runs(STUDY)}
SERIES = study_config.series(STUDY)
SERIES_DATA = [
    *("train.npz", "dev.npz", "dev.jsonl", "test.npz", "test.jsonl"),
    *("truth.jsonl", "vocabulary.json"),
]
SINGLE = [key for key, run in RUNS.items() if not run.together]
TASKS = sorted({run.task for run in RUNS.values()})
SPEED_TASKS = sorted({RUNS[key].task for key in SINGLE})  # the others are small worlds with small models
NOTEBOOKS = [INDEX, *EXACT, *PAGES]
CATALOGUE = read_catalogue(Path("config/sources.yaml"))

MIRROR = f"--mirror {shlex.quote(STUDY.mirror)}" if STUDY.mirror else ""

# Stages read the resolved study from here; it is rewritten only when it changed. No rule depends on the file as a
# whole: each depends, through its params, on the settings that it uses.
STUDY_FILE = f"{RESULTS}/study.yaml"
study_config.save(STUDY, Path(STUDY_FILE))


# On one machine there is no queue to spare, and Snakemake's limit on the rate of submissions is dear: it looks for jobs
# again a second later each time that it has looked, and so once more per second for every job that has finished, until
# that takes a third of a core.
onstart:
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


wildcard_constraints:
    task="|".join(TASKS),
    run="|".join(SINGLE) or "-",
    decoder="|".join(sorted({name for run in RUNS.values() for name in run.decoders})),
    table="|".join(PAGES),
    notebook="|".join(NOTEBOOKS),


def run_of(wildcards):
    """The run that a rule's wildcards name."""
    return RUNS[wildcards.run]


def task_of(wildcards):
    """The task that a rule's wildcards name, or that of the run they name."""
    return run_of(wildcards).task if "run" in wildcards.keys() else wildcards.task


# Stages are told folders where they read or write several files of one; rules declare the files.


def results_folder(wildcards):
    """The preset's folder."""
    return RESULTS


def tables_folder(wildcards):
    """The folder of all tables."""
    return f"{RESULTS}/tables"


def runs_folder(wildcards):
    """The folder of all runs."""
    return f"{RESULTS}/runs"


def data_folder(wildcards):
    """The folder of a task, or of a run's task."""
    return f"{RESULTS}/data/{task_of(wildcards)}"


def data_of_run(*names):
    """An input function: these files of the run's task."""
    return lambda wildcards: [f"{data_folder(wildcards)}/{name}" for name in names]


def run_folder(wildcards):
    """A run's folder."""
    return f"{RESULTS}/runs/{wildcards.run}"


def source_files_of(wildcards):
    """A task's source files: downloads for what the catalogue lists, the user's own paths for the rest."""
    task = study_config.entry(STUDY, "tasks", wildcards.task)
    names = task.cls(task.options).source_files()
    return [f"results/sources/{name}" if name in CATALOGUE else name for name in names]


def start_of(wildcards):
    """The weights that a second-stage run starts from; none for a first stage."""
    run = run_of(wildcards)
    if run.start_from is None:
        return []
    return f"{RESULTS}/runs/{run.sibling(run.start_from)}/model.safetensors"


def control_of(wildcards):
    """The outputs of the run's control under the same decoder; none for the control itself and for first stages."""
    run = run_of(wildcards)
    if run.control is None:
        return []
    return f"{RESULTS}/runs/{run.sibling(run.control)}/decoded/{wildcards.decoder}.jsonl"


def training_of(wildcards):
    """The training options of a run."""
    return STUDY.training[run_of(wildcards).training]


def settings_of(wildcards):
    """What in the configuration a run depends on."""
    return json.dumps(study_config.settings(STUDY, run_of(wildcards)), sort_keys=True)


def task_settings(wildcards):
    """The kind and options of a task, or of a run's task."""
    return json.dumps(study_config.entry(STUDY, "tasks", task_of(wildcards)).settings, sort_keys=True)


def task_code(stage):
    """The identity of a stage's code together with the task's kind."""
    return lambda wildcards: code_id(stage, study_config.entry(STUDY, "tasks", wildcards.task).cls.__module__)


def run_code(stage):
    """The identity of a stage's code together with the kinds of the run and its decoder."""

    def code(wildcards):
        run = run_of(wildcards)
        return code_of_run(STUDY, run, getattr(wildcards, "decoder", run.decoders[0]), stage)

    return code


def scores_of(keys):
    """All score files of these runs."""
    return [
        f"{RESULTS}/runs/{key}/scores/{name}.json" for key in keys for name in (*RUNS[key].decoders, "model")
    ]


def reported_scores():
    """All score files of the study, those of COMET among them where it is asked for."""
    comet = [name for run in RUNS.values() for name in comet_files(STUDY, run).values()]
    return [*scores_of(RUNS), *(f"{RESULTS}/runs/{name}" for name in comet)]


def series_files(keys):
    """Everything that is made of these runs."""
    kinds = ("model.safetensors", "training.jsonl", "training.json")
    decoded = [f"{RESULTS}/runs/{key}/decoded/{name}.jsonl" for key in keys for name in RUNS[key].decoders]
    return [f"{RESULTS}/runs/{key}/{name}" for key in keys for name in kinds] + decoded + scores_of(keys)


def series_settings(keys):
    """What in the configuration and the code these runs depend on."""
    own = {}
    for key in keys:
        run = RUNS[key]
        decoders = [study_config.entry(STUDY, "decoders", name).settings for name in run.decoders]
        code = [code_of_run(STUDY, run, name, "beyond_mle.stages.series") for name in run.decoders]
        own[key] = [study_config.settings(STUDY, run), decoders, code]
    return json.dumps([own, STUDY.evaluation.model_dump(exclude={"comet_model"})], sort_keys=True)


def speed_runs(task):
    """The runs whose speed is measured: of each model the first, and the first with a control, to be as fast."""
    chosen = {}
    for key, run in RUNS.items():
        if run.task == task:
            chosen.setdefault((run.model, run.control is None), key)
    return list(chosen.values())


def truth_settings(task):
    """What the reference rows of a task depend on: the runs' objectives on it, for their closed forms."""
    runs = [run for run in RUNS.values() if run.task == task]
    objectives = [study_config.settings(STUDY, run)["objective"] for run in runs]
    evaluation = [STUDY.evaluation.enumerate_sources, STUDY.evaluation.truth_samples]
    return json.dumps([objectives, *evaluation], sort_keys=True)


def study_outline():
    """What the tables and pages say of the study as a whole."""
    names = {
        "preset",
        "caveat",
        "substitutes",
        "objectives",
        "experiments",
        "seeds",
        "illustration",
        "adversarial",
        "theory",
    }
    return STUDY.model_dump_json(include=names)
