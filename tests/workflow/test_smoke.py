"""The smoke preset from nothing to its report, and what makes it run again."""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
import yaml
from project import ROOT, Project
from snakemake.scheduling.job_scheduler import JobScheduler

from beyond_mle.config import load
from beyond_mle.jobs import REGISTRIES, jobs
from beyond_mle.report.claims import load_told
from beyond_mle.report.verdicts import Verdict

pytestmark = pytest.mark.xdist_group("smoke")
SMOKE = ("--cores", "2", "--configfile", "config/smoke.yaml")
RESULTS = Path("results/smoke")
NOTHING = "Nothing to be done"
OPEN_WITH_VERDICTS = set(load_told(ROOT / "config" / "claims.yaml"))
"""Pages that need the scorecard: its verdicts share one rate of false discoveries, so that any score counts."""
WHOLE = {"results/smoke/table.csv", "results/smoke/scorecard.json", "results/smoke/report/index.html"}
"""What shows every run."""
MADE = ("model.safetensors", "greedy.jsonl", "sample.jsonl", "scores.json")
"""Of a run."""


def planned(project: Project, *arguments: str) -> set[str]:
    """The output files that a dry run would make."""
    result = project.snakemake("--dry-run", *(arguments or SMOKE))
    assert result.returncode == 0, result.stderr[-3000:]
    lines = re.findall(r"^    output: (.*)$", result.stdout + result.stderr, flags=re.MULTILINE)
    return {file for line in lines for file in line.split(", ")}


@contextmanager
def changed(project: Project, file: str, old: str, new: str) -> Iterator[None]:
    """A file of the project with a text replaced, within the block."""
    path = project.folder / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)


def runs_of(files: set[str], *names: str) -> set[str]:
    """Task, model and objective of every run of which a file of one of these names is among the files."""
    own = [file.removeprefix("results/smoke/runs/") for file in files if "/runs/" in file]
    return {"/".join(file.split("/")[:3]) for file in own if file.split("/")[-1] in names}


def pages_of(files: set[str]) -> set[str]:
    return {Path(file).stem for file in files if file.endswith(".html")}


def test_everything_is_made_once(smoke: Project) -> None:
    results = smoke.folder / RESULTS
    pages = {path.stem for path in (results / "report").glob("*.html")}
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.py")}
    assert pages == notebooks - {"experiment"} | {"token-level"}  # the one without a notebook of its own
    verdicts = {row["verdict"] for row in json.loads((results / "scorecard.json").read_text())}
    assert verdicts <= set(get_args(Verdict))
    again = smoke.snakemake(*SMOKE)
    assert NOTHING in again.stdout + again.stderr


def test_every_kind_is_used() -> None:
    used = defaultdict(set)
    for job in jobs(load(ROOT / "config/smoke.yaml")).values():
        parts = {"tasks": job.task, "models": job.model, "objectives": job.objective, "solvers": job.solver}
        for section, entry in [*parts.items(), *(("decoders", one) for one in job.decoders.values())]:
            used[section].add(entry.kind)
    unused = {section: set(registry) - used[section] for section, registry in REGISTRIES.items()}
    assert {section: kinds for section, kinds in unused.items() if kinds} == {"tasks": {"parallel"}}  # it needs files


def test_every_number_is_a_row(smoke: Project) -> None:
    table = pd.read_csv(smoke.folder / RESULTS / "table.csv", low_memory=False)
    assert {"order", "pi", "average", "temperature", "mixture_seed", "epsilon", "branch", "is_global"} <= set(table)
    runs = {path.parent.parent for path in (smoke.folder / RESULTS / "runs").glob("*/*/*/*/scores.json")}
    assert set(table.system.dropna()) == {str(run.relative_to(smoke.folder / RESULTS / "runs")) for run in runs}
    cell = [name for name in table if name not in ("value", "certainty", "control", "exact", "system")]
    assert not table.duplicated(cell).any()
    minima = table[(table.solver == "minima-along-pi") & (table.metric == "sigma")]
    assert set(minima.pi) == {0.04, 0.1}
    assert (minima[minima.is_global == True].groupby(["mixture_seed", "pi"]).size() == 1).all()  # noqa: E712


def test_tables_hold_every_run(smoke: Project) -> None:
    table = pd.read_csv(smoke.folder / RESULTS / "tables/table3_nonautoregressive.csv")
    expected = ["task", "model", "objective", "decoder", "metric", "mean", "sd", "n_seeds", "control", "paper"]
    assert list(table.columns)[: len(expected)] == expected
    nat = table[(table.model == "vanilla-nat") & (table.metric == "bleu")]
    assert set(nat.objective) == {"mle", "mle-continued", "convex-exp"}
    assert (nat.n_seeds == 2).all()
    row = nat.set_index("objective").loc["convex-exp"]
    assert row.control == pytest.approx(nat.set_index("objective").loc["mle-continued", "mean"])
    assert row.paper == 16.74


def test_touched_files_and_comments_make_nothing_again(smoke: Project) -> None:
    (smoke.folder / RESULTS / "data/grammar-ab/prepared.json").touch()
    source = "src/beyond_mle/models/transformer.py"
    first = (smoke.folder / source).read_text().splitlines()[0]
    with changed(smoke, source, first, f'{first[:-3]} Said otherwise."""\n# A comment.'):
        result = smoke.snakemake("--dry-run", *SMOKE)
    assert NOTHING in result.stdout + result.stderr


def test_a_changed_option_makes_its_runs_again_and_what_shows_them(smoke: Project) -> None:
    with changed(smoke, "config/embedded.yaml", "convex-power: {order: 0.5}", "convex-power: {order: 0.6}"):
        files = planned(smoke)
    own = {"grammar-short/small-transformer/convex-power"}
    assert runs_of(files, "model.safetensors") == own
    assert runs_of(files, "greedy.jsonl", "sample.jsonl") == own
    assert runs_of(files, "scores.json") == own
    assert pages_of(files) == OPEN_WITH_VERDICTS
    shown_on = ("convex_functions", "sharpness_and_diversity", "frontier")
    tables = {f"results/smoke/tables/{page}.csv" for page in shown_on}
    assert {file for file in files if "/runs/" not in file and not file.endswith(".html")} == tables | (
        WHOLE - {"results/smoke/report/index.html"}
    )


def test_changed_code_makes_again_what_it_touches(smoke: Project) -> None:
    with changed(smoke, "src/beyond_mle/models/vanilla_nat.py", ".round()", ".floor()"):
        trained = runs_of(planned(smoke), "model.safetensors")
    assert trained
    assert all("vanilla-nat" in run for run in trained)
    with changed(smoke, "src/beyond_mle/objectives/convex_pure.py", "return g_B.exp()", "return 2 * g_B.exp()"):
        trained = runs_of(planned(smoke), "model.safetensors")
    assert trained
    assert all("/convex-pure" in run for run in trained)


def test_a_changed_yardstick_is_measured_again_without_training(smoke: Project) -> None:
    with changed(smoke, "src/beyond_mle/yardsticks/diversity.py", "for n in (1, 2):", "for n in (1, 2, 3):"):
        files = planned(smoke)
    assert not runs_of(files, "model.safetensors", "greedy.jsonl", "sample.jsonl")
    assert "grammar-ab/transformer/mle" in runs_of(files, "scores.json")
    with changed(smoke, "config/smoke.yaml", "distance: {sources: 5}", "distance: {sources: 4}"):
        files = planned(smoke)
    assert not runs_of(files, "model.safetensors", "greedy.jsonl", "sample.jsonl")


def test_a_changed_figure_is_drawn_again_on_its_pages(smoke: Project) -> None:
    another_import = ("\nimport matplotlib\n", "\nimport sys\nimport matplotlib\n")
    with changed(smoke, "src/beyond_mle/report/figures/plane_duels.py", *another_import):
        assert planned(smoke) == {"results/smoke/report/adversarial.html"}
    with changed(smoke, "src/beyond_mle/report/figures/bars.py", *another_import):
        files = planned(smoke)
    assert files == {
        f"results/smoke/report/{page}.html"
        for page in ("table1_autoregressive", "table2_summarization", "table3_nonautoregressive")
    }


def test_changed_scoring_of_a_kind_of_task_is_seen_by_its_runs_and_no_others(smoke: Project) -> None:
    with changed(smoke, "src/beyond_mle/tasks/grammar_summary.py", 'rouge="tokens"', 'rouge="stems"'):
        files = planned(smoke)
    measured = runs_of(files, "scores.json")
    assert measured
    assert all(run.startswith("grammar-summary/") for run in runs_of(files, *MADE))
    assert pages_of(files) == OPEN_WITH_VERDICTS


def test_a_dry_run_writes_nothing_and_a_job_reads_what_it_was_planned_with(smoke: Project) -> None:
    def everything() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (smoke.folder / "results").rglob("*")}

    before = everything()
    with changed(smoke, "config/smoke.yaml", "first: &first {steps: 6,", "first: &first {steps: 7,"):
        result = smoke.snakemake("--dry-run", *SMOKE)
    assert everything() == before
    (named,) = set(re.findall(r"--study (\S+)", result.stdout + result.stderr))
    assert not (smoke.folder / named).exists()  # the study of other settings has another name
    (study,) = (smoke.folder / RESULTS / "studies").iterdir()
    assert yaml.safe_load(study.read_text())["solvers"]["first"]["steps"] == 6


def elsewhere(project: Project, folder: Path, *parts: str) -> Path:
    """A results folder that shares the prepared data and these parts with the study's own."""
    for part in ("data", *parts):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).symlink_to(project.folder / RESULTS / part)
    return folder


def test_a_killed_training_resumes_to_the_same_bytes(smoke: Project, tmp_path: Path) -> None:
    """SIGKILL in the middle, then the same command again: the files equal those of an uninterrupted run."""
    (resolved,) = (smoke.folder / RESULTS / "studies").iterdir()
    study = yaml.safe_load(resolved.read_text())
    study["solvers"]["first"] |= {"steps": 60, "save_every": 5, "dropout": 0.1}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    run = "grammar-ab/transformer/mle/seed1"

    def command(results: Path) -> list[str]:
        words = ["--study", str(tmp_path / "study.yaml"), "--results", str(results), "--run", run]
        return [sys.executable, "-m", "beyond_mle", "train", *words]

    whole, killed = (elsewhere(smoke, tmp_path / name) for name in ("whole", "killed"))
    subprocess.run(command(whole), check=True, env=smoke.environment, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(command(killed), env=smoke.environment, stdout=subprocess.DEVNULL)
    while not (killed / "runs" / run / "state.pt").exists() and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "runs" / run / "model.safetensors").exists()
    result = subprocess.run(command(killed), check=True, env=smoke.environment, capture_output=True, text=True)
    assert "resumed at step" in result.stdout
    for name in ("model.safetensors", "training.jsonl", "training.json"):
        assert (whole / "runs" / run / name).read_bytes() == (killed / "runs" / run / name).read_bytes(), name


@pytest.mark.parametrize(
    "run",
    [
        "grammar-ab/vanilla-nat/convex-exp/seed2",
        "plane-mixture,mixture_seed=15/plane-generator/js-adversarial,pi=0.95/seed1",
        "plane-mixture,mixture_seed=22/isotropic-gaussian/js/seed1",
        "strings-mixed/string-network/convex-exp,average=token/seed0",
    ],
)
def test_the_same_command_gives_the_same_bytes(smoke: Project, tmp_path: Path, run: str) -> None:
    """The commands that the log of Snakemake shows, run by hand on a copy: what a fork of the worker made."""
    (resolved,) = (smoke.folder / RESULTS / "studies").iterdir()
    original, folder = smoke.folder / RESULTS / "runs", tmp_path / "runs"
    task, model, _, _ = run.split("/")
    shutil.copytree(original / task / model, folder / task / model)
    elsewhere(smoke, tmp_path)
    made = ("model.safetensors", "training.jsonl", "training.json", "scores.json", "items.npz")
    for name in made:
        (folder / run / name).unlink()
    for stage in ("train", "measure"):
        words = ("--study", str(resolved), "--results", str(tmp_path), "--run", run)
        result = smoke.python("-m", "beyond_mle", stage, *words)
        assert result.returncode == 0, result.stderr
    for name in made:
        assert (original / run / name).read_bytes() == (folder / run / name).read_bytes(), name


def test_snakemake_has_what_the_workflow_turns_off() -> None:
    """Under another name, unsetting the scheduler's rate limiter (common.smk) would do nothing, without a word."""
    assert "if self.job_rate_limiter is not None" in inspect.getsource(JobScheduler.schedule)
