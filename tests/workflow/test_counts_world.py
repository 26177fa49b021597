"""A world of another kind, from outside the package: parts, study, claims and notebook are files of counts_world/."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from project import ROOT, Project, copy_project

WORLD = Path(__file__).parent / "counts_world"
CORE = ("src", "workflow", "config", "notebooks", "profiles")


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project beside the world, in which its study has been run to its end."""
    project = copy_project(tmp_path_factory.mktemp("counts"))
    shutil.copytree(WORLD, project.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    result = project.snakemake("--cores", "2", "--configfile", "study.yaml")
    assert result.returncode == 0, result.stderr[-3000:]
    return project


@pytest.fixture(scope="module")
def results(counts: Project) -> Path:
    return counts.folder / "results" / "counts"


@pytest.fixture(scope="module")
def table(results: Path) -> pd.DataFrame:
    whole = pd.read_csv(results / "table.csv")
    return whole[whole.task == "counts"]


def test_the_core_does_not_know_of_it() -> None:
    source = (WORLD / "counts.py").read_text(encoding="utf-8")
    keys = [*re.findall(r'\.register\("([^"]+)"\)', source), *re.findall(r'Metric\("([^"]+)"', source)]
    assert len(keys) == 6
    files = [file for part in CORE for file in (ROOT / part).rglob("*") if file.suffix in (".py", ".smk", ".yaml")]
    for file in [ROOT / "Snakefile", *files]:
        text = file.read_text(encoding="utf-8")
        assert not [key for key in (*keys, "counts_world") if key in text], file


def test_it_trains_by_batches_and_on_all_of_p(results: Path) -> None:
    logs = sorted((results / "runs").rglob("training.jsonl"))
    assert [log.parent.parent.name for log in logs] == [*["mle"] * 3, "mle-whole", "squared-hellinger"]
    losses = [[record["loss"] for record in map(json.loads, log.open()) if "loss" in record] for log in logs]
    assert all(of_run[-1] < of_run[0] for of_run in losses[:3])


def test_it_is_in_the_long_table(table: pd.DataFrame) -> None:
    assert set(table.metric) == {"count-variation", "count-mean-error"}
    values = table.pivot_table(index="objective", columns="metric", values="value")
    # A geometric distribution of maximum likelihood has the mean of p: exactly, or that of the draws.
    assert values.loc["mle-whole", "count-mean-error"] == pytest.approx(0, abs=1e-4)
    assert values.loc["mle", "count-mean-error"] < 0.3
    assert values.loc["squared-hellinger", "count-mean-error"] > 0.1
    assert set(table[table.objective == "mle"].seed) == {1, 2, 3}


def test_its_pages_show_it(results: Path) -> None:
    own, generic, index = (results / "report" / f"{page}.html" for page in ("sampled", "exact", "index"))
    assert "Counts from draws" in own.read_text(encoding="utf-8")
    assert "count-variation" in own.read_text(encoding="utf-8")
    assert all(text in generic.read_text(encoding="utf-8") for text in ("squared-hellinger", "count-variation"))
    assert "Counts from draws" in index.read_text(encoding="utf-8")


def test_its_claims_have_verdicts(results: Path) -> None:
    rows = {row["id"]: row for row in json.loads((results / "scorecard.json").read_text(encoding="utf-8"))}
    own = {"likelihood-keeps-the-mean", "sampled-likelihood-keeps-the-mean", "hellinger-shifts-the-mean"}
    assert {name: rows[name]["verdict"] for name in own} == dict.fromkeys(own, "replicated")


def test_nothing_is_made_again_until_the_plug_in_changes(counts: Project) -> None:
    arguments = ("--dry-run", "--cores", "2", "--configfile", "study.yaml")
    assert "Nothing to be done" in (again := counts.snakemake(*arguments)).stdout + again.stderr
    plug_in = counts.folder / "counts.py"
    before = plug_in.read_text(encoding="utf-8")
    try:
        plug_in.write_text(before.replace("total = 1 - (", "total = 2 - ("), encoding="utf-8")
        planned = counts.snakemake(*arguments)
    finally:
        plug_in.write_text(before, encoding="utf-8")
    assert re.findall(r"rule train:", planned.stdout + planned.stderr)
