# What the rules share: the checked study, its jobs and pages, and the few functions that look things up in them.

import hashlib
import json
import shlex
import sys
from pathlib import Path

from beyond_mle import config as study_config
from beyond_mle import jobs as study_jobs
from beyond_mle import worker
from beyond_mle.code_id import code_id, code_of, code_of_measuring, code_of_notebook, code_of_run
from beyond_mle.errors import UserError
from beyond_mle.layout import Layout
from beyond_mle.report.pages import INDEX, PageFiles, notebook_of, study_pages
from beyond_mle.text.download import read_catalogue

try:
    STUDY = study_config.check(study_config.extend(config, Path("config")))
    JOBS = study_jobs.jobs(STUDY)
    PAGES = study_pages(STUDY)
except UserError as error:
    sys.exit(f"error: {error}")

RESULTS = f"results/{STUDY.preset}"
PAGE_FILES = {page: PageFiles(page, STUDY, Path(RESULTS)) for page in PAGES}
LAYOUT = Layout(Path(RESULTS))
RUN = f"{RESULTS}/runs/{{run}}"
TASKS = {job.run.task.label: job.task for job in JOBS.values()}
CATALOGUE = read_catalogue(Path("config/sources.yaml"))
MIRROR = f"--mirror {shlex.quote(STUDY.mirror)}" if STUDY.mirror else ""

# Stages read the resolved study from a file named after its contents, so that a job reads exactly what it was planned
# with, whatever happens to the configuration meanwhile. Nothing depends on the file as a whole, but, through params, on
# the settings that it uses.
RESOLVED = study_config.resolved(STUDY)
STUDY_FILE = f"{RESULTS}/studies/{hashlib.sha256(RESOLVED.encode()).hexdigest()[:12]}.yaml"

# What every stage is told, the study and its folder.
STUDY_ARGUMENTS = f"--study {STUDY_FILE} --results {RESULTS}"

WORKERS = []


onstart:
    study_config.save(STUDY, Path(STUDY_FILE))
    # On one machine there is no queue to spare, and Snakemake's limit on the rate of submissions is dear: it looks for
    # jobs again a second later each time that it has looked, and so once more per second for every job that has
    # finished, until that takes a third of a core. And there a worker can run the stages (see worker.py), which pays
    # from a few jobs on.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
        if len(workflow.dag) > 5:
            WORKERS.append(worker.start())


onsuccess:
    for started in WORKERS:
        worker.stop(started)


onerror:
    for started in WORKERS:
        worker.stop(started)


wildcard_constraints:
    task="|".join(map(re.escape, TASKS)) or "-",
    run="|".join(map(re.escape, JOBS)) or "-",
    decoder="|".join(sorted(re.escape(label) for job in JOBS.values() for label in job.decoders)) or "-",
    page="|".join(PAGES),


def job_of(wildcards):
    """The job of the run that a rule's wildcards name."""
    return JOBS[wildcards.run]


def text_of(value):
    """A setting as a parameter that Snakemake compares."""
    return json.dumps(value, sort_keys=True)


def source_files_of(wildcards):
    """A task's source files: downloads for what the catalogue lists, the user's own paths for the rest."""
    names = TASKS[wildcards.task].make().source_files()
    return [f"results/sources/{name}" if name in CATALOGUE else name for name in names]


def prepared_of(wildcards):
    """The prepared task of a run; its hashes say whether any file of it changed."""
    return LAYOUT.prepared(job_of(wildcards).run.task.label).as_posix()


def start_of(wildcards):
    """The weights that a run starts from; none for a first stage."""
    start = job_of(wildcards).run.start_from
    return [] if start is None else [LAYOUT.weights(start.key).as_posix()]


def outputs_of(wildcards):
    """The outputs of a run, and those of its control by the same decoders."""
    job = job_of(wildcards)
    both = [(job.run, label) for label in job.decoders] + job.compared
    return [LAYOUT.outputs(run.key, label).as_posix() for run, label in both]


def threads_of(wildcards):
    """The CPU threads of a run."""
    return job_of(wildcards).solver.options.threads


def gpus_of(wildcards):
    """The GPUs of a run: 1 where its solver insists on one."""
    return int(job_of(wildcards).solver.options.device == "cuda")


def speed_runs():
    """The runs whose speed is measured, by task: of each model the first, and the first with a control, to be as fast."""
    chosen = {}
    for key, job in JOBS.items():
        if job.run.experiment in STUDY.speed_of:
            chosen.setdefault((job.run.task.label, job.run.model.label, job.run.control is None), key)
    by_task = {}
    for (task, _, _), key in chosen.items():
        by_task.setdefault(task, []).append(key)
    return by_task


SPEED_RUNS = speed_runs()


def comet_files(keys):
    """COMET's scores of these runs; none where the study names no COMET model."""
    if STUDY.evaluation.comet_model is None:
        return []
    return [LAYOUT.comet(key, label).as_posix() for key in keys for label in JOBS[key].decoders]


def scores_of(keys):
    """All that is measured of these runs."""
    return [LAYOUT.scores(key).as_posix() for key in keys] + comet_files(keys)


def page_of(wildcards):
    """The page that a rule's wildcards name."""
    return PAGE_FILES[wildcards.page]
