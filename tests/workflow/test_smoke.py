"""The smoke preset from nothing to its report, and what makes it run again."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import ROOT, Project
from snakemake.scheduling.job_scheduler import JobScheduler

pytestmark = pytest.mark.xdist_group("smoke")
SMOKE = ("--cores", "2", "--configfile", "config/smoke.yaml")
RESULTS = Path("results/smoke")
NOTHING = "Nothing to be done"


def planned(project: Project, *arguments: str) -> list[str]:
    """The output files that a dry run would make."""
    result = project.snakemake("--dry-run", *(arguments or SMOKE))
    assert result.returncode == 0, result.stderr[-3000:]
    return re.findall(r"^    output: (.*)$", result.stdout + result.stderr, flags=re.MULTILINE)


def test_everything_is_made_once(smoke: Project) -> None:
    results = smoke.folder / RESULTS
    pages = {path.name for path in (results / "report").glob("*.html")}
    assert pages == {path.with_suffix(".html").name for path in (ROOT / "notebooks").glob("*.py")}
    verdicts = {row["verdict"] for row in json.loads((results / "scorecard.json").read_text())}
    assert verdicts <= {"replicated", "contradicted", "inconclusive", "not run"}
    again = smoke.snakemake(*SMOKE)
    assert NOTHING in again.stdout + again.stderr


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


def test_short_runs_are_made_together(smoke: Project) -> None:
    """A series leaves the same files as single runs do, and one job of it is planned for all of them."""
    results = smoke.folder / RESULTS
    single, together = (results / f"runs/{key}/seed1" for key in ("grammar-ab/vanilla-nat/mle", "grammar-ba/cmlm/mle"))
    names = [{path.name for path in folder.iterdir()} for folder in (single, together)]
    assert names[0] == names[1]
    planned_again = planned(smoke, *SMOKE, "--forcerun", "series_grammar_ba_cmlm_1")
    assert len([path for path in planned_again if "model.safetensors" in path]) == 1


def test_touched_files_and_comments_make_nothing_again(smoke: Project) -> None:
    (smoke.folder / RESULTS / "data/grammar-ab/train.jsonl").touch()
    source = smoke.folder / "src/beyond_mle/models/transformer.py"
    before = source.read_text()
    source.write_text("# A comment.\n" + before)
    result = smoke.snakemake("--dry-run", *SMOKE)
    source.write_text(before)
    assert NOTHING in result.stdout + result.stderr


def test_changed_settings_and_code_make_again_what_they_touch(smoke: Project) -> None:
    config = smoke.folder / "config/default.yaml"
    before = config.read_text()
    config.write_text(
        before.replace("convex-exp-k3: {kind: convex-exp, order: 3}", "convex-exp-k3: {kind: convex-exp, order: 2}")
    )
    trained = [path for path in planned(smoke) if "model.safetensors" in path]
    config.write_text(before)
    assert trained
    assert all("transformer/convex-exp-k3" in path for path in trained)

    source = smoke.folder / "src/beyond_mle/models/vanilla_nat.py"
    before = source.read_text()
    assert ".round()" in before
    source.write_text(before.replace(".round()", ".floor()"))
    trained = [path for path in planned(smoke) if "model.safetensors" in path]
    source.write_text(before)
    assert trained
    assert all("vanilla-nat" in path for path in trained)


def test_the_recipe_of_the_readme_adds_an_objective(smoke: Project) -> None:
    """One file and one word of YAML, as the README says; nothing that is there is trained again."""
    recipe = (ROOT / "README.md").read_text().split("## Adding an objective")[1]
    code = re.search(r"```python\n(.*?)```", recipe, flags=re.DOTALL)[1]
    old, new = re.search(r"```diff\n-(.*?)\n\+(.*?)\n```", recipe, flags=re.DOTALL).groups()
    added = smoke.folder / "src/beyond_mle/objectives/my_loss.py"
    assert old in (smoke.folder / "config/default.yaml").read_text()
    config = smoke.folder / "config/smoke.yaml"
    before = config.read_text()
    assert old in before
    added.write_text(code)
    config.write_text(before.replace(old, new))
    try:
        outputs = planned(smoke)
        trained = [path for path in outputs if "model.safetensors" in path]
        assert trained
        assert all("/my-loss/" in path for path in trained)
        assert any("report/" in path for path in outputs)
        target = str(RESULTS / "runs/grammar-ab/transformer/my-loss/seed1/scores/greedy.json")
        result = smoke.snakemake(*SMOKE, "--", target)
        assert result.returncode == 0, result.stderr[-3000:]
    finally:
        added.unlink()
        config.write_text(before)


def test_a_killed_training_resumes_to_the_same_bytes(smoke: Project, tmp_path: Path) -> None:
    """SIGKILL in the middle, then the same command again: the files equal those of an uninterrupted run."""
    study = yaml.safe_load((smoke.folder / RESULTS / "study.yaml").read_text())
    study["training"]["first"] |= {"steps": 60, "save_every": 5, "dropout": 0.1}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))

    def command(output: Path) -> list[str]:
        arguments = {
            "--config": tmp_path / "study.yaml",
            "--run": "grammar-ab/transformer/mle/seed1",
            "--data": smoke.folder / RESULTS / "data/grammar-ab",
            "--output": output,
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        return [sys.executable, "-m", "beyond_mle.stages.train", *words]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    subprocess.run(command(whole), check=True, env=smoke.environment, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(command(killed), env=smoke.environment, stdout=subprocess.DEVNULL)
    while not (killed / "state.pt").exists() and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "model.safetensors").exists()
    result = subprocess.run(command(killed), check=True, env=smoke.environment, capture_output=True, text=True)
    assert "resumed at step" in result.stdout
    for name in ("model.safetensors", "training.jsonl", "training.json"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name


def test_the_same_command_gives_the_same_bytes(smoke: Project, tmp_path: Path) -> None:
    """The command that the log of Snakemake shows, run by hand into another folder."""
    run = "grammar-ab/vanilla-nat/convex-exp/seed2"
    data, runs = RESULTS / "data/grammar-ab", RESULTS / "runs"
    common = ["--config", str(RESULTS / "study.yaml"), "--run", run, "--data", str(data)]
    start = str(runs / "grammar-ab/vanilla-nat/mle/seed2/model.safetensors")
    train = ["beyond_mle.stages.train", *common, "--start-from", start, "--output", str(tmp_path)]
    weights = str(tmp_path / "model.safetensors")
    evaluate = ["beyond_mle.stages.evaluate", *common, "--weights", weights, "--output", str(tmp_path / "model.json")]
    for command in (train, evaluate):
        result = smoke.python("-m", *command)
        assert result.returncode == 0, result.stderr
    first = smoke.folder / runs / run
    assert (first / "model.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()
    assert (first / "training.jsonl").read_bytes() == (tmp_path / "training.jsonl").read_bytes()
    assert (first / "scores/model.json").read_bytes() == (tmp_path / "model.json").read_bytes()


def test_snakemake_has_what_the_workflow_turns_off() -> None:
    """Under another name, unsetting the scheduler's rate limiter (common.smk) would do nothing, without a word."""
    assert "if self.job_rate_limiter is not None" in inspect.getsource(JobScheduler.schedule)
